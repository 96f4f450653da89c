using Serving.Node.Receive;

namespace Serving.Node.Tests.Receive;

public sealed class PredictionPathsTests
{
    [Theory]
    [InlineData("/predict/fraud", "fraud")]
    [InlineData("/predict/", null)]
    [InlineData("/predict", null)]
    [InlineData("/predict/fraud/", null)]
    [InlineData("/predict/a/b", null)]
    [InlineData("/Predict/fraud", null)]
    public void Knows_the_native_path(string path, string? endpoint)
    {
        var known = PredictionPaths.IsNative(path, out var found);

        Assert.Equal(endpoint, known ? found.ToString() : null);
    }

    [Theory]
    [InlineData("/v2/models/fraud/infer", "fraud", null)]
    [InlineData("/v2/models/fraud/versions/3/infer", "fraud", "3")]
    [InlineData("/v2/models/versions/infer", "versions", null)]
    [InlineData("/v2/models//infer", null, null)]
    [InlineData("/v2/models/infer", null, null)]
    [InlineData("/v2/models/fraud/versions//infer", null, null)]
    [InlineData("/v2/models/fraud/versions/infer", null, null)]
    [InlineData("/v2/models/fraud/versions/3/4/infer", null, null)]
    [InlineData("/v2/models/fraud/other/3/infer", null, null)]
    [InlineData("/v2/models/fraud/ready", null, null)]
    public void Knows_the_open_inference_paths(string path, string? endpoint, string? version)
    {
        var known = PredictionPaths.IsOpenInference(path, out var found, out var number);

        Assert.Equal((endpoint, version), known ? (found.ToString(), number.IsEmpty ? null : number.ToString()) : (null, null));
    }
}
