using EndToEnd.Tests.Kit;
using Testing;
using Testing.Processes;

namespace EndToEnd.Tests.Run;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_loads_itself_into_a_new_installation_and_answers()
    {
        await using var installation = await Installation.StartAsync(productionNodes: 1);
        var token = Path.Combine(installation.Data, "token");
        await File.WriteAllTextAsync(token, Installation.ApiToken);

        await using var demo = ChildProcess.Start(Repository.Program("ControlPlane.Demo"), ["load", "--server", installation.Url, "--token-file", token]);
        var code = await demo.WaitForExitAsync(TimeSpan.FromMinutes(4));
        var endpoint = await installation.GetAsync("environments/production/endpoints/fraud");
        var second = await installation.GetAsync("models/fraud/versions/2");

        Assert.True(code == 0, demo.Output);
        Assert.DoesNotContain("was answered", demo.Output, StringComparison.Ordinal);
        Assert.Equal("1", endpoint.GetProperty("arms")[0].GetProperty("version").GetString());
        Assert.Equal("Ready", second.GetProperty("status").GetString());
    }
}
