using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Serving.Node.Hosting;

/// <summary>
/// ONNX Runtime's Linux packages report sessions, with names and hashes of models, to their maker unless this variable is set before the runtime starts.
/// A node reports to its control plane and to nobody else.
/// </summary>
internal static partial class RuntimeTelemetry
{
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    [ModuleInitializer]
    internal static void Disable()
    {
        // Environment.SetEnvironmentVariable changes a copy that native code does not see.
        if (!OperatingSystem.IsWindows())
            _ = SetVariable(Variable, "1", overwrite: 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
