using Serving.Node.Tests.Kit;
using Testing.Models;

namespace Serving.Node.Tests.Hosting;

public sealed class RestingNodeTests
{
    private const long MostAtRest = 200L << 20;

    [Fact]
    public async Task A_node_at_rest_with_a_small_model_takes_less_than_200_MiB_and_reports_to_nobody_else()
    {
        await using var site = await Site.CreateAsync();
        var home = Directory.CreateDirectory(Path.Combine(site.Root, "home")).FullName;
        var (_, _) = await site.ServeFirstAsync(("HOME", home), ("TMPDIR", home), ("DOTNET_EnableDiagnostics", "0"));
        await site.ControlPlane.ReportAsync(report => report.AppliedRevision == 1);
        await site.AskAsync();

        TestContext.Current.SendDiagnosticMessage("Node at rest: {0} MiB", site.Node.Process.ResidentBytes() >> 20);
        Assert.InRange(site.Node.Process.ResidentBytes(), 1, MostAtRest);
        Assert.Empty(Directory.GetFiles(home, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }));
    }
}
