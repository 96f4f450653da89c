using System.Collections.Frozen;
using System.Diagnostics;

namespace Serving.Contracts;

/// <summary>
/// Named places where a fault test kills, fails or delays a process. The calls do not exist in a Release build.
/// Armed by the environment variable <c>FAILPOINTS</c>: <c>name=action[;name=action…]</c> with the actions
/// <c>crash</c> (as <c>kill -9</c>: no finally, no flush), <c>segfault</c> (as a native fault), <c>throw</c>, <c>sleep(milliseconds)</c>,
/// <c>hang</c> (never goes on) and <c>leak(bytes)</c>; followed by <c>@number</c>, only where that number comes in.
/// </summary>
public static class FailPoint
{
    private static readonly FrozenDictionary<string, (string Action, double? On)> _armed = Parse(Environment.GetEnvironmentVariable("FAILPOINTS"));

    /// <exception cref="FailPointException">The place is armed with <c>throw</c>.</exception>
    [Conditional("FAILPOINTS")]
    public static void Hit(string place)
    {
        if (_armed.Count != 0 && _armed.TryGetValue(place, out var armed) && armed.On is null)
            Act(place, armed.Action);
    }

    /// <summary>A place through which inputs go.</summary>
    /// <exception cref="FailPointException">The place is armed with <c>throw</c>.</exception>
    [Conditional("FAILPOINTS")]
    public static void Hit(string place, double input)
    {
        if (_armed.Count != 0 && _armed.TryGetValue(place, out var armed) && (armed.On is not { } on || on.Equals(input)))
            Act(place, armed.Action);
    }

    private static void Act(string place, string action)
    {
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
            case "hang":
                Thread.CurrentThread.Join(Timeout.Infinite);
                break;
            default:
                Pause(action);
                Leak(action);
                break;
        }
    }

    private static void Pause(string action)
    {
        if (action.StartsWith("sleep(", StringComparison.Ordinal) && int.TryParse(action.AsSpan(6, action.Length - 7), out var milliseconds))
            Thread.CurrentThread.Join(milliseconds);
    }

    private static void Leak(string action)
    {
        if (!action.StartsWith("leak(", StringComparison.Ordinal) || !int.TryParse(action.AsSpan(5, action.Length - 6), out var bytes))
            return;
        var lost = System.Runtime.InteropServices.Marshal.AllocHGlobal(bytes);
        // Memory counts once it is touched.
        for (var at = 0; at < bytes; at += Environment.SystemPageSize)
            System.Runtime.InteropServices.Marshal.WriteByte(lost, at, 1);
    }

    private static FrozenDictionary<string, (string Action, double? On)> Parse(string? text) =>
        (text ?? "")
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToFrozenDictionary(pair => pair[0], pair => ActionOf(pair[1].Split('@', 2)), StringComparer.Ordinal);

    private static (string Action, double? On) ActionOf(string[] parts) =>
        (parts[0], parts.Length == 2 ? double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : null);
}

/// <summary>What a fail point armed with <c>throw</c> throws.</summary>
public sealed class FailPointException(string place) : Exception($"Fail point {place} was hit.");
