using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Architecture.Tests;

/// <summary>docker-compose.yml cannot be started where these tests run; what can be read from it is held here.</summary>
public sealed partial class ComposeFile
{
    private static readonly string[] _ours = ["control-plane-1", "control-plane-2", "node-1", "node-2", "gateway"];

    /// <summary>Keys without a section, and those that the framework itself reads.</summary>
    private static readonly string[] _plain = ["ASPNETCORE_URLS", "AllowedHosts", "PublicUrl"];

    /// <summary>Named in the configuration reference; they take effect in the releases that read them.</summary>
    private static readonly string[] _documented =
    [
        "Redis__ConnectionString", "Artifacts__Provider", "Artifacts__S3__Endpoint", "Artifacts__S3__Bucket", "Artifacts__S3__AccessKey", "Artifacts__S3__SecretKey",
        "Bootstrap__AdminEmail", "Bootstrap__AdminPassword", "Bootstrap__ApiToken", "Local__Nodes", "Local__Gateway", "Local__Store", "Data__Directory",
        "Database__Provider", "Database__ConnectionString",
    ];

    private static readonly Dictionary<string, Dictionary<object, object>> _services = Read();

    public static TheoryData<string> Ours => [.. _ours];

    [Fact]
    public void Every_part_of_a_production_is_there() =>
        Assert.Superset(_ours.Concat(["database", "redis", "s3"]).ToHashSet(), _services.Keys.ToHashSet());

    [Theory, MemberData(nameof(Ours))]
    public void H104_Runs_hardened_with_one_volume(string service)
    {
        var settings = _services[service];

        Assert.Equal("true", settings["read_only"]);
        Assert.Equal(["ALL"], List(settings["cap_drop"]));
        Assert.Contains("no-new-privileges:true", List(settings["security_opt"]));
        Assert.Single(List(settings["volumes"]));
        Assert.DoesNotContain("network_mode", settings.Keys);
        Assert.DoesNotContain("privileged", settings.Keys);
    }

    [Theory, MemberData(nameof(Ours))]
    public void Every_key_is_an_option(string service)
    {
        var known = OptionsInSource().Concat(_documented).Concat(_plain).ToHashSet(StringComparer.OrdinalIgnoreCase);

        Assert.Subset(known, Environment(service).Keys.Select(key => key.Replace("_FILE", "", StringComparison.Ordinal)).ToHashSet());
    }

    [Fact]
    public void H93_No_secret_stands_in_the_file() =>
        Assert.DoesNotContain(
            _services.Keys.SelectMany(service => Environment(service).Select(pair => (service, pair.Key, pair.Value))),
            entry => SecretName().IsMatch(entry.Key) && !entry.Key.EndsWith("_FILE", StringComparison.Ordinal) && !entry.Value.StartsWith("${", StringComparison.Ordinal));

    [Fact]
    public void Every_target_volume_and_secret_exists()
    {
        var file = Parse();
        var targets = File.ReadLines(Path.Combine(Repository.Root, "Dockerfile")).Select(line => line.Split(' ')).Where(words => words is ["FROM", _, "AS", _]).Select(words => words[3]).ToHashSet();
        var volumes = ((Dictionary<object, object>)file["volumes"]).Keys.Select(key => (string)key).ToHashSet();
        var secrets = ((Dictionary<object, object>)file["secrets"]).Keys.Select(key => (string)key).ToHashSet();

        Assert.All(_ours, service => Assert.Contains((string)((Dictionary<object, object>)_services[service]["build"])["target"], targets));
        Assert.All(_services.Values.SelectMany(service => List(service.GetValueOrDefault("volumes"))), volume => Assert.Contains(volume.Split(':')[0], volumes));
        Assert.All(_services.Values.SelectMany(service => List(service.GetValueOrDefault("secrets"))), secret => Assert.Contains(secret, secrets));
    }

    [Fact]
    public void H104_The_images_run_without_root()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, "Dockerfile"));
        var baseAt = Array.FindIndex(lines, line => line.EndsWith(" AS base", StringComparison.Ordinal));
        var finals = lines.Where(line => line.StartsWith("FROM ", StringComparison.Ordinal)).Skip(2);

        Assert.Contains("USER $APP_UID", lines[baseAt..Array.FindIndex(lines, baseAt + 1, line => line.StartsWith("FROM", StringComparison.Ordinal))]);
        Assert.All(finals, line => Assert.StartsWith("FROM base AS ", line, StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("USER", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Environment(string service) =>
        _services[service].GetValueOrDefault("environment") is Dictionary<object, object> given
            ? given.ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "")
            : [];

    private static IEnumerable<string> List(object? list) => ((List<object>?)list ?? []).Select(item => (string)item);

    /// <summary><c>Section__Property</c> of every options class.</summary>
    private static IEnumerable<string> OptionsInSource() =>
        from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*Options.cs", SearchOption.AllDirectories)
        let text = File.ReadAllText(path)
        let section = SectionName().Match(text)
        where section.Success
        from Match property in Property().Matches(text)
        select $"{section.Groups[1].Value}__{property.Groups[1].Value}";

    private static Dictionary<string, Dictionary<object, object>> Read() =>
        ((Dictionary<object, object>)Parse()["services"]).ToDictionary(pair => (string)pair.Key, pair => (Dictionary<object, object>)pair.Value);

    private static Dictionary<string, object> Parse()
    {
        using var text = new StringReader(File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml")));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(text)));
    }

    [GeneratedRegex("const string Section = \"([^\"]+)\"")]
    private static partial Regex SectionName();

    [GeneratedRegex(@"public [\w?<>\[\]]+ (\w+) \{ get; set; \}")]
    private static partial Regex Property();

    [GeneratedRegex("Password|Token|Secret|AccessKey|ConnectionString(?<!Redis__ConnectionString)")]
    private static partial Regex SecretName();
}
