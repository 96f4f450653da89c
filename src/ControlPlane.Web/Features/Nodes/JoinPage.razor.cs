using ControlPlane.Domain.Identity;
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
    private Read<IReadOnlyList<JoinTokenRow>>? _tokens;
    private JoinTokenRow? _revoking;
    private DateTimeOffset _made;
    private DateTimeOffset _expires;
    private string? _refused;
    private string? _denied;
    private bool _isBusy;

    [Inject] private Standing Standing { get; set; } = null!;

    [Inject] private NodeActions Actions { get; set; } = null!;

    private string Server => navigation.BaseUri.TrimEnd('/');

    private string Docker => $"docker run -e Node__JoinToken={_token} -e Node__ControlPlaneUrl={Server} -e Node__Environment={_environment} -e Node__Pool={_pool} -p 8000:8000 serving-node";

    private string Process => $"Node__JoinToken={_token} Node__ControlPlaneUrl={Server} Node__Environment={_environment} Node__Pool={_pool} Node__CacheDirectory=./node-cache ./Serving.Node";

    /// <summary>Without TLS to another machine a node does not start; where that is meant, it is said.</summary>
    private bool IsPlain => new Uri(navigation.BaseUri) is { Scheme: "http", IsLoopback: false };

    private IReadOnlyList<NodeRow> NewNodes => _token is null ? [] : [.. (_nodes?.Value ?? []).Where(node => node.JoinedAt >= _made)];

    protected override async Task OnInitializedAsync()
    {
        _denied = (await Standing.ReadAsync(CancellationToken.None)).WhyNot(Permission.JoinNodes);
        _environments = await names.ListAsync(CancellationToken.None);
        _nodes = reads.Of("nodes", queries.ListAsync);
        if (!_nodes.HasValue)
            await _nodes.RunAsync();
        if (_denied is not null)
            return;
        _tokens = reads.Of("joinTokens", async cancel => await Actions.ListJoinTokensAsync(cancel) ?? []);
        if (!_tokens.HasValue)
            await _tokens.RunAsync();
    }

    private async Task CreateAsync()
    {
        _isBusy = true;
        (_made, _expires) = (time.GetUtcNow(), time.GetUtcNow().AddMinutes(_minutes));
        (var made, _refused) = await Actions.MakeJoinTokenAsync(_environment, _pool.Trim(), _uses, TimeSpan.FromMinutes(_minutes), CancellationToken.None);
        _token = made?.Token;
        _isBusy = false;
        await RefreshAsync();
    }

    private async Task<string?> RevokeAsync(string reason)
    {
        var refused = await Actions.RevokeJoinTokenAsync(_revoking!.Id, CancellationToken.None);
        await RefreshAsync();
        return refused;
    }

    private async Task RefreshAsync()
    {
        if (_nodes is not null)
            await _nodes.RunAsync();
        if (_tokens is not null)
            await _tokens.RunAsync();
    }
}
