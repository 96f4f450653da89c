using System.Collections.Frozen;
using System.Diagnostics;

namespace Serving.Contracts;

/// <summary>
/// Named places where a fault test kills, fails or delays a process. The calls do not exist in a Release build.
/// Armed by the environment variable <c>FAILPOINTS</c>: <c>name=action[;name=action…]</c> with the actions
/// <c>crash</c> (as <c>kill -9</c>: no finally, no flush), <c>segfault</c> (as a native fault), <c>throw</c> and <c>sleep(milliseconds)</c>.
/// </summary>
public static class FailPoint
{
    private static readonly FrozenDictionary<string, string> _armed = Parse(Environment.GetEnvironmentVariable("FAILPOINTS"));

    /// <exception cref="FailPointException">The place is armed with <c>throw</c>.</exception>
    [Conditional("FAILPOINTS")]
    public static void Hit(string place)
    {
        if (_armed.Count == 0 || !_armed.TryGetValue(place, out var action))
            return;

        switch (action)
        {
            case "crash":
                Process.GetCurrentProcess().Kill();
                Thread.CurrentThread.Join(Timeout.Infinite);
                break;
            case "segfault":
                // The fault must lie in native code: in managed code the runtime would make an exception of it.
                System.Runtime.InteropServices.Marshal.FreeHGlobal(0x1010);
                break;
            case "throw":
                throw new FailPointException(place);
            default:
                Pause(action);
                break;
        }
    }

    private static void Pause(string action)
    {
        if (action.StartsWith("sleep(", StringComparison.Ordinal) && int.TryParse(action.AsSpan(6, action.Length - 7), out var milliseconds))
            Thread.CurrentThread.Join(milliseconds);
    }

    private static FrozenDictionary<string, string> Parse(string? text) =>
        (text ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}

/// <summary>What a fail point armed with <c>throw</c> throws.</summary>
public sealed class FailPointException(string place) : Exception($"Fail point {place} was hit.");
