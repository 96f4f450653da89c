namespace Serving.Gateway.Hosting;

/// <summary>
/// What a socket has finished goes on in the thread that saw it, on the caller's side and on the nodes'. A request passes the gateway in a few short steps with a hand-over
/// to another thread between each: without them it took about half of the processor time at one connection (77 against 146 µs) and a quarter less at 32 (45 against 60 µs).
/// Nothing on the way may block, therefore; decision 19.
/// </summary>
internal static class InlineSockets
{
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Before the first socket: the runtime reads it once. Who starts the process may say otherwise.</summary>
    public static void Use(WebApplicationBuilder builder)
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Environment.SetEnvironmentVariable(Variable, "1");
        var isOn = Environment.GetEnvironmentVariable(Variable) == "1";
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = isOn);
    }
}
