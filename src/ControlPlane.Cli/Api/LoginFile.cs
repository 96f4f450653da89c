using System.Text.Json.Nodes;

namespace ControlPlane.Cli.Api;

/// <summary>Server and token of the last <c>cpctl login</c>, readable by their owner only.</summary>
internal static class LoginFile
{
    public static string Path { get; } = System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("CPCTL_CONFIG") is { Length: > 0 } given ? given : System.IO.Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "cpctl"), "login.json");

    public static (string? Server, string? Token) Read()
    {
        if (!File.Exists(Path) || JsonNode.Parse(File.ReadAllText(Path)) is not JsonObject login)
            return (null, null);
        return ((string?)login["server"], (string?)login["token"]);
    }

    public static void Write(string server, string token)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(Path);
        using var file = new StreamWriter(Path, options);
        file.Write(new JsonObject { ["server"] = server, ["token"] = token }.ToJsonString());
    }

    public static bool Delete()
    {
        var was = File.Exists(Path);
        File.Delete(Path);
        return was;
    }
}
