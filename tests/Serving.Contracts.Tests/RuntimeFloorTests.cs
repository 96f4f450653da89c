namespace Serving.Contracts.Tests;

public sealed class RuntimeFloorTests
{
    [Theory]
    [InlineData("7.0.20", false), InlineData("8.0.20", false), InlineData("8.0.21", true), InlineData("9.0.9", false), InlineData("9.0.10", true), InlineData("10.0.0", true), InlineData("10.0.12+abc123", true), InlineData("11.0.0-preview.1", true)]
    [InlineData("", false), InlineData(null, false), InlineData("ten", false)]
    public void S7_A_web_server_that_lets_requests_be_smuggled_is_not_run(string? version, bool isGood) => Assert.Equal(isGood, RuntimeFloor.WhyNotWebServer(version) is null);

    [Theory]
    [InlineData("1.24.2", null, false), InlineData("1.24.3", null, true), InlineData("1.31.1", null, true), InlineData("1.31.1", "", true), InlineData("1.31.1", "1", false), InlineData("1.9.0", null, false), InlineData(null, null, false)]
    public void S7_H51_A_model_runtime_that_reads_elsewhere_or_is_set_up_by_models_is_not_run(string? version, string? variable, bool isGood) =>
        Assert.Equal(isGood, RuntimeFloor.WhyNotModelRuntime(version, name => name == RuntimeFloor.ConfigurationFromModel ? variable : null) is null);
}
