using Microsoft.AspNetCore.SignalR;

namespace ControlPlane.Web.Hosting;

/// <summary>Ends circuits that call more often than any page has reason to. What nodes say has limits of its own (<see cref="Features.Nodes.FrameIntake"/>).</summary>
internal sealed partial class CallRate(TimeProvider time, ILogger<CallRate> logger) : IHubFilter
{
    /// <summary>200 a second, of which a burst may use those of five seconds.</summary>
    public const int MostCalls = 1_000;

    private static readonly TimeSpan _within = TimeSpan.FromSeconds(5);

    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        var context = invocationContext.Context;
        var calls = CallsOf(context);
        if (calls.IsTooMany(time, _within))
        {
            LogEnded(context.UserIdentifier ?? context.ConnectionId, MostCalls, _within.TotalSeconds);
            context.Abort();
            throw new HubException("Too many calls.");
        }

        return next(invocationContext);
    }

    // Calls of one connection come one after the other.
    private static Calls CallsOf(HubCallerContext context)
    {
        if (context.Items.TryGetValue(typeof(Calls), out var known))
            return (Calls)known!;
        var calls = new Calls();
        context.Items[typeof(Calls)] = calls;
        return calls;
    }

    [LoggerMessage(LogLevel.Warning, "The live connection of {Caller} was ended: more than {Calls} calls within {Seconds} s")]
    private partial void LogEnded(string caller, int calls, double seconds);

    private sealed class Calls
    {
        private long _began;
        private int _count;

        public bool IsTooMany(TimeProvider time, TimeSpan within)
        {
            if (_count == 0 || time.GetElapsedTime(_began) > within)
                (_began, _count) = (time.GetTimestamp(), 0);
            return ++_count > MostCalls;
        }
    }
}
