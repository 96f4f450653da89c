using CsCheck;
using Serving.Contracts.Models;
using Serving.Contracts.Models.Onnx;
using Testing;
using Testing.Models;

namespace Serving.Contracts.Tests.Models;

public sealed class OnnxScanTests
{
    private static readonly OnnxLimits _limits = new();
    private static readonly Dictionary<string, long> _alone = [];

    public static TheoryData<string> Good => Files("good");

    public static TheoryData<string> Odd => Files("odd");

    [Theory, MemberData(nameof(Good)), MemberData(nameof(Odd))]
    public void Takes_real_models(string path)
    {
        var result = Scan(File.ReadAllBytes(Path.Combine(Repository.Shared, "models", path)));

        Assert.Null(result.Failed);
        Assert.True(result.Summary!.Nodes > 0);
        Assert.NotEmpty(result.Summary.Opsets);
    }

    [Theory]
    [InlineData("empty", ModelChecks.Size, "empty")]
    [InlineData("html_error_page", ModelChecks.Onnx, "HTML")]
    [InlineData("lfs_pointer", ModelChecks.Onnx, "Git LFS")]
    [InlineData("pickle", ModelChecks.Onnx, "pickle")]
    [InlineData("truncated_50", ModelChecks.Onnx, "ends in the middle")]
    [InlineData("ir_version_99", ModelChecks.Onnx, "IR version 99")]
    [InlineData("opset_99", ModelChecks.Operators, "operator set 99")]
    [InlineData("custom_domain", ModelChecks.Operators, "com.evil.custom")]
    [InlineData("extdata_parent", ModelChecks.ExternalData, "../../../../../../../../etc/passwd")]
    [InlineData("extdata_absolute", ModelChecks.ExternalData, "/etc/passwd")]
    [InlineData("huge_dims_initializer", ModelChecks.Onnx, "4611686018427387904")]
    [InlineData("nested_subgraphs_6000", ModelChecks.Onnx, "nested")]
    [InlineData("million_empty_nodes", ModelChecks.Onnx, "200000 operators")]
    public void Refuses_what_is_broken_or_hostile_and_says_why(string model, string check, string reason)
    {
        var result = Scan(File.ReadAllBytes(Path.Combine(Repository.Shared, "models", "bad", model + ".onnx")));

        Assert.Equal(check, result.Failed?.Check);
        Assert.Contains(reason, result.Failed!.Detail, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(result.Failed.Remedy));
        Assert.Null(result.Summary);
    }

    [Fact]
    public void Ends_with_an_answer_whatever_the_bytes_are() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 200], Gen.Int[0, 10]).Sample((noise, at, kept) =>
        {
            var model = TinyModel.Add(1);
            noise.AsSpan(0, Math.Min(noise.Length, kept)).CopyTo(model.AsSpan(Math.Min(at, model.Length - 10)));

            Assert.NotNull(Scan(model));
            Assert.NotNull(Scan(noise));
        });

    [Theory]
    [InlineData("w.bin", "0", "4", true), InlineData("w.bin", null, null, true), InlineData("w.bin", "4", null, true), InlineData("w.bin", "8", "0", true)]
    [InlineData("w.bin", "5", "4", false), InlineData("w.bin", "9", null, false), InlineData("w.bin", "-4", "4", false), InlineData("w.bin", "0", "-1", false), InlineData("w.bin", "9223372036854775807", "1", false)]
    [InlineData("w.bin", "1", "9223372036854775807", false), InlineData("w.bin", "x", "4", false), InlineData("../w.bin", "0", "4", false), InlineData("/w.bin", "0", "4", false), InlineData("sub/../../w.bin", "0", "4", false)]
    [InlineData("file:///etc/passwd", "0", "4", false), InlineData("http://example.org/w.bin", "0", "4", false), InlineData("..\\w.bin", "0", "4", false), InlineData("C:w.bin", "0", "4", false), InlineData("/dev/zero", "0", "4", false), InlineData("other.bin", "0", "4", false), InlineData("", "0", "4", false)]
    public void H48_Weights_lie_in_a_file_that_came_too_and_within_it(string location, string? offset, string? length, bool isGood)
    {
        var file = TinyModel.Outside((location, offset, length));

        var result = OnnxScan.Scan(new MemoryStream(file), file.Length, new Dictionary<string, long> { ["w.bin"] = 8 }, _limits, TestContext.Current.CancellationToken);

        Assert.Equal(isGood ? null : ModelChecks.ExternalData, result.Failed?.Check);
    }

    [Theory]
    [InlineData("0", "4", true), InlineData("4", "4", true), InlineData("2", "4", false), InlineData("0", "8", false), InlineData("1", "2", false)]
    public void H48_Tensors_outside_share_all_of_their_bytes_or_none(string offset, string length, bool isGood)
    {
        var file = TinyModel.Outside(("w.bin", "0", "4"), ("w.bin", offset, length));

        var result = OnnxScan.Scan(new MemoryStream(file), file.Length, new Dictionary<string, long> { ["w.bin"] = 8 }, _limits, TestContext.Current.CancellationToken);

        Assert.Equal(isGood ? null : ModelChecks.ExternalData, result.Failed?.Check);
    }

    [Theory]
    [InlineData("com.microsoft.extensions"), InlineData("ai.onnx.contrib"), InlineData("com.evil"), InlineData("PyOp")]
    public void H50_Operators_of_a_domain_that_no_node_has_are_named_and_refused(string domain)
    {
        var result = Scan(TinyModel.OfDomain(domain, "PyOp"));

        Assert.Equal(ModelChecks.Operators, result.Failed?.Check);
        Assert.Contains(domain, result.Failed!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_weights_in_a_file_beside_it_only_when_that_came_too()
    {
        var result = Scan(TinyModel.Add(1));

        Assert.Empty(result.Summary!.ExternalFiles);
        Assert.Equal(1, result.Summary.Parameters);
    }

    private static OnnxScanResult Scan(byte[] file) => OnnxScan.Scan(new MemoryStream(file), file.Length, _alone, _limits, TestContext.Current.CancellationToken);

    private static TheoryData<string> Files(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Repository.Shared, "models", folder), "*.onnx").Select(path => $"{folder}/{Path.GetFileName(path)}").Order()];
}
