using ArchUnitNET.Loader;
using ControlPlane.Domain.Primitives;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Architecture.Tests;

/// <summary>Which context of the domain may use which: the second table of the layout.</summary>
public sealed class DomainContexts
{
    private const string Root = "ControlPlane.Domain";

    private static readonly Dictionary<string, string[]> _contexts = new()
    {
        ["Primitives"] = [],
        ["Statistics"] = [],
        ["Identity"] = ["Primitives"],
        ["Audit"] = ["Primitives", "Identity"],
        ["Registry"] = ["Primitives", "Identity", "Schemas"],
        ["Experiments"] = ["Primitives", "Statistics"],
        ["Releases"] = ["Primitives", "Identity", "Registry", "Schemas"],
        ["Rollouts"] = ["Primitives", "Identity", "Releases", "Experiments", "Statistics"],
        ["Nodes"] = ["Primitives", "Registry", "Schemas", "Releases", "Rollouts"],
    };

    private static readonly ArchUnitNET.Domain.Architecture _domain = new ArchLoader().LoadAssemblies(typeof(Names).Assembly).Build();

    public static TheoryData<string> Contexts => [.. _contexts.Keys];

    [Theory, MemberData(nameof(Contexts))]
    public void Context_uses_only_the_contexts_it_may(string context)
    {
        foreach (var other in _contexts.Keys.Except(_contexts[context]).Where(other => other != context))
        {
            var rule = Types().That().ResideInNamespace($"{Root}.{context}").Should().NotDependOnAny(Types().That().ResideInNamespace($"{Root}.{other}"));

            Assert.True(rule.HasNoViolations(_domain), $"{context} uses {other}");
        }
    }

    [Fact]
    public void Every_folder_of_the_domain_is_a_known_context() =>
        Assert.Equal(_contexts.Keys.Order(), Directory.GetDirectories(Path.Combine(Repository.Root, "src", Root)).Select(folder => Path.GetFileName(folder)!).Except(["bin", "obj"]).Order());

    [Fact]
    public void Pure_projects_reference_no_clock_and_no_io()
    {
        var names = typeof(Names).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!).ToList();

        Assert.DoesNotContain(names, name => name.Contains("EntityFramework", StringComparison.Ordinal) || name.Contains("AspNetCore", StringComparison.Ordinal) || name == "System.Net.Http");
    }
}
