using System.Diagnostics;
using System.Text.Json;
using Serving.Node.Hosting;

namespace Serving.Node.Inspect;

/// <summary>
/// <c>Serving.Node inspect --many FOLDER</c>: inspects every <c>.onnx</c> file of a folder, each as it would be inspected alone, and prints a line of JSON for
/// each: <c>{"file", "report"}</c>, or <c>{"file", "exit"}</c> where the model took its process down. Files share processes, which saves their start;
/// the one after a crash begins with a new process.
/// </summary>
internal static class InspectMany
{
    public const string Option = "--many";

    /// <summary>The verb of the processes that do it.</summary>
    public const string EachVerb = "inspect-each";

    private const int FilesAProcess = 20;
    private static readonly TimeSpan _longestFile = TimeSpan.FromSeconds(90);

    public static async Task<int> RunAsync(string folder)
    {
        var left = new Queue<string>(Directory.GetFiles(folder, "*.onnx").Order(StringComparer.Ordinal));
        var output = Console.Out;
        while (left.Count > 0)
            await BatchAsync(left, output);
        return 0;
    }

    /// <summary>Reads paths from its input and answers each with its report on one line.</summary>
    public static int RunEach()
    {
        var output = Console.OpenStandardOutput();
        while (Console.In.ReadLine() is { Length: > 0 } path)
        {
            var folder = Directory.CreateTempSubdirectory("inspect-").FullName;
            try
            {
                File.CreateSymbolicLink(Path.Combine(folder, "model.onnx"), path);
                InspectCommand.Write(output, folder, measures: false);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        return 0;
    }

    private static async Task BatchAsync(Queue<string> left, TextWriter output)
    {
        var temporary = Directory.CreateTempSubdirectory("inspect-many-").FullName;
        using var child = Process.Start(ChildCommand.Build(ChildCommand.Self(), [EachVerb], temporary, ChildLimits.Probe, withoutNetwork: false))!;
        child.ErrorDataReceived += (_, _) => { };
        child.BeginErrorReadLine();
        for (var done = 0; done < FilesAProcess && left.TryDequeue(out var path); done++)
        {
            var report = await AskAsync(child, path);
            if (report is not null)
            {
                await output.WriteLineAsync($"{{\"file\":{Quoted(path)},\"report\":{report}}}");
                continue;
            }

            await output.WriteLineAsync($"{{\"file\":{Quoted(path)},\"exit\":{await EndAsync(child)}}}");
            break;
        }

        await EndAsync(child);
        Directory.Delete(temporary, recursive: true);
    }

    /// <returns>Null: the process ended, or did not answer in time.</returns>
    private static async Task<string?> AskAsync(Process child, string path)
    {
        try
        {
            await child.StandardInput.WriteLineAsync(path);
            await child.StandardInput.FlushAsync();
            return await child.StandardOutput.ReadLineAsync().WaitAsync(_longestFile);
        }
        catch (Exception ended) when (ended is IOException or TimeoutException)
        {
            return null;
        }
    }

    private static async Task<int> EndAsync(Process child)
    {
        if (!child.HasExited)
        {
            try
            {
                child.StandardInput.Close();
                await child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
            }
            catch (Exception stuck) when (stuck is TimeoutException or IOException)
            {
                child.Kill(entireProcessTree: true);
                await child.WaitForExitAsync();
            }
        }

        return child.ExitCode;
    }

    private static string Quoted(string path) => JsonSerializer.Serialize(Path.GetFileName(path), ManyJson.Default.String);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class ManyJson : System.Text.Json.Serialization.JsonSerializerContext;
