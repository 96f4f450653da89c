using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Serving.Contracts;
using Serving.Contracts.Joining;

namespace Architecture.Tests;

/// <summary>What the programs are made of, and that nobody can change it unseen.</summary>
public sealed partial class Dependencies
{
    private static readonly string[] _programs = ["ControlPlane.Web", "ControlPlane.Cli", "ControlPlane.Demo", "Serving.Node", "Serving.Gateway", "Serving.Store"];
    private static readonly string[] _skipped = ["bin", "obj", "artifacts", "data", "node_modules", ".git", "TestResults"];

    public static TheoryData<string> Programs => [.. _programs];

    [Fact]
    public void H103_Every_package_is_pinned_to_exactly_one_version() =>
        Assert.All(Versions(), package => Assert.Matches(@"^\[[^,\[\]()*]+\]$", package.Version));

    [Fact]
    public void H103_Every_project_has_a_lock_file_and_the_tests_restore_nothing_else()
    {
        var properties = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"));

        Assert.All(Files("*.csproj"), project => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json")), project));
        Assert.Equal("true", properties.Descendants("RestorePackagesWithLockFile").Single().Value);
        Assert.Contains("--locked-mode", File.ReadAllText(Path.Combine(Repository.Root, "test")), StringComparison.Ordinal);
        Assert.All(Files("*.csproj"), project => Assert.DoesNotContain("Version=", XDocument.Load(project).Descendants("PackageReference").SelectMany(reference => reference.Attributes("Version")).Select(version => version.ToString())));
    }

    [Fact]
    public void H103_Every_package_of_a_lock_file_has_the_hash_of_its_content() =>
        Assert.All(Files("packages.lock.json").SelectMany(Locked).Where(package => package.Type != "Project"), package => Assert.Equal(88, package.Hash?.Length));

    [Fact]
    public void S6_Known_holes_of_packages_are_looked_up_at_every_restore() =>
        Assert.Equal("true", XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("NuGetAudit").Single().Value);

    [Fact]
    public async Task S6_What_each_program_is_made_of_is_written_and_is_what_the_lock_files_name()
    {
        var folder = Directory.CreateTempSubdirectory("sbom-").FullName;
        using var script = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "scripts", "sbom.sh"), [folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = script.StandardError.ReadToEndAsync();
        await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        Assert.True(script.ExitCode == 0, await errors);

        Assert.All(_programs, program =>
        {
            using var list = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, $"{program}.cdx.json")));
            var components = list.RootElement.TryGetProperty("components", out var found) ? found.EnumerateArray().ToList() : [];
            var known = Locked(Path.Combine(Repository.Root, "src", program, "packages.lock.json")).Where(package => package.Type != "Project").Select(package => $"{package.Name}@{package.Version}").ToHashSet(StringComparer.OrdinalIgnoreCase);
            var named = components.Select(component => $"{component.GetProperty("name").GetString()}@{component.GetProperty("version").GetString()}").ToList();

            Assert.Equal("CycloneDX", list.RootElement.GetProperty("bomFormat").GetString());
            Assert.Equal(program, list.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("name").GetString());
            Assert.NotEmpty(named);
            Assert.Subset(known, named.Where(name => !name.StartsWith("Serving.", StringComparison.Ordinal) && !name.StartsWith("ControlPlane.", StringComparison.Ordinal)).ToHashSet(StringComparer.OrdinalIgnoreCase));
            Assert.All(components, component => Assert.StartsWith("pkg:nuget/", component.GetProperty("purl").GetString(), StringComparison.Ordinal));
        });
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "licences.md")), File.ReadAllText(Path.Combine(Repository.Root, "docs", "licences.md")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void S6_No_secret_stands_in_the_repository()
    {
        var found = Files("*").Where(file => new FileInfo(file).Length < 1 << 20)
            .SelectMany(file => SecretsIn(File.ReadAllText(file)).Select(secret => $"{Path.GetRelativePath(Repository.Root, file)}: {secret[..Math.Min(12, secret.Length)]}…"));

        Assert.Empty(found);
    }

    [Fact]
    public void S6_The_secret_scan_finds_a_secret()
    {
        var key = string.Join(' ', "-----BEGIN", "PRIVATE KEY-----");

        Assert.Equal([Token.New(Token.Join)[..4], "-----BEGIN P"], SecretsIn($"a {Token.New(Token.Join)} b\n{key}\n").Select(secret => secret[..Math.Min(secret.Length, secret[0] == 'c' ? 4 : 12)]));
    }

    [Fact]
    public void S7_The_runtime_of_models_is_pinned_above_its_floor()
    {
        var pinned = Versions().Single(package => package.Name == "Microsoft.ML.OnnxRuntime").Version.Trim('[', ']');

        Assert.Null(RuntimeFloor.WhyNotModelRuntime(pinned, _ => null));
        Assert.All(Files("packages.lock.json").SelectMany(Locked).Where(package => package.Name == "Microsoft.ML.OnnxRuntime"), package => Assert.Equal(pinned, package.Version));
    }

    [Fact]
    public void H65_No_certificate_is_accepted_unseen_anywhere_and_none_can_be()
    {
        var banned = File.ReadAllText(Path.Combine(Repository.Root, "BannedSymbols.txt"));

        Assert.DoesNotContain(
            Files("*.cs").Where(file => file.Contains($"{Path.DirectorySeparatorChar}src{Path.DirectorySeparatorChar}", StringComparison.Ordinal)),
            file => Unchecked().IsMatch(File.ReadAllText(file)));
        Assert.All(["DangerousAcceptAnyServerCertificateValidator", "ServerCertificateCustomValidationCallback", "SslClientAuthenticationOptions.RemoteCertificateValidationCallback", "ClientWebSocketOptions.RemoteCertificateValidationCallback"],
            symbol => Assert.Contains(symbol, banned, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Programs))]
    public void S7_Every_server_looks_at_its_runtime_before_it_starts(string program)
    {
        var source = Directory.GetFiles(Path.Combine(Repository.Root, "src", program), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        var isServer = source.Any(text => text.Contains("WebApplication.Create", StringComparison.Ordinal));

        Assert.Equal(isServer, source.Any(text => text.Contains("RuntimeCheck.Require()", StringComparison.Ordinal)));
    }

    private static IEnumerable<(string Name, string Version)> Versions() =>
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion").Select(package => (package.Attribute("Include")!.Value, package.Attribute("Version")!.Value));

    private static IEnumerable<(string Name, string Type, string? Version, string? Hash)> Locked(string file)
    {
        using var locked = JsonDocument.Parse(File.ReadAllText(file));
        return [.. locked.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
            .Select(package => (package.Name, Text(package.Value, "type")!, Text(package.Value, "resolved"), Text(package.Value, "contentHash")))];
    }

    private static string? Text(JsonElement package, string member) => package.TryGetProperty(member, out var value) ? value.GetString() : null;

    private static IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(Repository.Root, pattern, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Where(file => !Path.GetRelativePath(Repository.Root, file).Split(Path.DirectorySeparatorChar).Any(_skipped.Contains));

    private static IEnumerable<string> SecretsIn(string text) => Ours().Matches(text).Select(match => match.Value)
        .Where(token => Token.IsWellFormed(token, token[..4])).Concat(Others().Matches(text).Select(match => match.Value));

    [GeneratedRegex("cp[tnj]_[A-Za-z0-9_-]{49}")]
    private static partial Regex Ours();

    [GeneratedRegex("-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20}|xox[bp]-[0-9A-Za-z-]{20,}")]
    private static partial Regex Others();

    [GeneratedRegex("DangerousAcceptAny|ServerCertificate(Custom)?ValidationCallback|RemoteCertificateValidationCallback")]
    private static partial Regex Unchecked();
}
