using ControlPlane.Web.Live;
using Microsoft.AspNetCore.Components;

namespace ControlPlane.Web.Shared;

/// <summary>
/// Keeps a page current: reads again when a topic changes, at most once a second, and at the latest after <see cref="Every"/>.
/// Says how old the view is. While live updates are paused it reads nothing and flags that something changed.
/// </summary>
public sealed partial class LiveNote(LiveFeed feed, LiveSwitch live, TimeProvider time)
{
    private static readonly TimeSpan _fastest = TimeSpan.FromSeconds(1);

    private readonly List<IDisposable> _subscriptions = [];
    private readonly CancellationTokenSource _gone = new();
    private volatile bool _isDirty;
    private bool _hasChanged;

    [Parameter, EditorRequired] public IReadOnlyList<string> Topics { get; set; } = [];

    /// <summary>Reads what the page shows.</summary>
    [Parameter, EditorRequired] public EventCallback OnChanged { get; set; }

    /// <summary>When the page was read.</summary>
    [Parameter, EditorRequired] public DateTimeOffset? At { get; set; }

    [Parameter] public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(10);

    private LiveSwitch Live => live;

    public void Dispose()
    {
        live.Changed -= SwitchChanged;
        _subscriptions.ForEach(subscription => subscription.Dispose());
        _gone.Cancel();
        _gone.Dispose();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (!firstRender)
            return;

        live.Changed += SwitchChanged;
        _subscriptions.AddRange(Topics.Select(topic => feed.Subscribe(topic, () => _isDirty = true)));
        _ = WatchAsync(_gone.Token);
    }

    private async Task WatchAsync(CancellationToken gone)
    {
        using var timer = new PeriodicTimer(_fastest, time);
        try
        {
            while (await timer.WaitForNextTickAsync(gone))
                await InvokeAsync(TickAsync);
        }
        catch (OperationCanceledException)
        {
            // the page was left
        }
    }

    private async Task TickAsync()
    {
        if (live.IsPaused)
        {
            if (_isDirty && !_hasChanged)
            {
                _hasChanged = true;
                StateHasChanged();
            }
        }
        else if (_isDirty || At is null || time.GetUtcNow() - At >= Every)
        {
            await ReadAsync();
        }
    }

    private async Task ReadAsync()
    {
        (_isDirty, _hasChanged) = (false, false);
        await OnChanged.InvokeAsync();
    }

    private void SwitchChanged(object? sender, EventArgs e) => _ = InvokeAsync(async () =>
    {
        if (!live.IsPaused)
            await ReadAsync();
        StateHasChanged();
    });
}
