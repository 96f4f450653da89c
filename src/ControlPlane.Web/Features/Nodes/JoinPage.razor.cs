using ControlPlane.Web.Layout;
using ControlPlane.Web.Live;
using ControlPlane.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Features.Nodes;

/// <summary>Makes a join token and waits until a node used it.</summary>
public sealed partial class JoinPage(NodesPageQueries queries, EnvironmentNames names, NavigationManager navigation, Reads reads, TimeProvider time)
{
    private static readonly string[] _topics = [LiveTopics.Nodes];
    private static readonly Crumb[] _crumbs = [new("Nodes", "nodes"), new("Join a node")];

    private Read<IReadOnlyList<NodeRow>>? _nodes;
    private IReadOnlyList<string> _environments = [];
    private string _environment = "production";
    private string _pool = "default";
    private int _uses = 1;
    private int _minutes = 30;
    private string? _token;
    private DateTimeOffset _made;
    private DateTimeOffset _expires;
    private string? _refused;
    private bool _isBusy;

    [Inject] private NodeActions Actions { get; set; } = null!;

    private string Server => navigation.BaseUri.TrimEnd('/');

    private string Docker => $"docker run -e Node__JoinToken={_token} -e Node__ControlPlaneUrl={Server} -e Node__Environment={_environment} -e Node__Pool={_pool} -p 8000:8000 serving-node";

    private string Process => $"Node__JoinToken={_token} Node__ControlPlaneUrl={Server} Node__Environment={_environment} Node__Pool={_pool} Node__CacheDirectory=./node-cache ./Serving.Node";

    private IReadOnlyList<NodeRow> NewNodes => _token is null ? [] : [.. (_nodes?.Value ?? []).Where(node => node.JoinedAt >= _made)];

    protected override async Task OnInitializedAsync()
    {
        _environments = await names.ListAsync(CancellationToken.None);
        _nodes = reads.Of("nodes", queries.ListAsync);
        if (!_nodes.HasValue)
            await _nodes.RunAsync();
    }

    private async Task CreateAsync()
    {
        _isBusy = true;
        (_made, _expires) = (time.GetUtcNow(), time.GetUtcNow().AddMinutes(_minutes));
        (_token, _refused) = await Actions.MakeJoinTokenAsync(_environment, _pool.Trim(), _uses, TimeSpan.FromMinutes(_minutes), CancellationToken.None);
        _isBusy = false;
    }

    private Task RefreshAsync() => _nodes?.RunAsync() ?? Task.CompletedTask;
}
