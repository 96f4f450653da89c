using System.Net;
using System.Net.Http.Json;
using ControlPlane.Web.Tests.Kit;
using Testing;

namespace ControlPlane.Web.Tests.Registry;

/// <summary>Every model of other makers, through the interface and the real inspection.</summary>
public sealed class RealModels(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    public static TheoryData<string> Good => FilesOf("good", "odd");

    public static TheoryData<string> Bad => FilesOf("bad");

    [Theory, MemberData(nameof(Good))]
    public async Task Good_and_odd_models_become_ready(string file)
    {
        var model = await ModelForAsync(file);

        var answer = await UploadAsync(model, file);
        var version = await _plane.ValidatedAsync(model, (await answer.JsonAsync()).Text("version")!);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("Ready", version.Text("status"));
        Assert.NotEmpty(version.GetProperty("signature").GetProperty("inputs").EnumerateArray());
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task H52_Bad_models_are_refused_with_a_reason_and_a_remedy(string file)
    {
        var model = await ModelForAsync(file);

        var answer = await UploadAsync(model, file);
        var body = await answer.JsonAsync();
        var reason = answer.StatusCode == HttpStatusCode.Accepted ? RejectionOf(await _plane.ValidatedAsync(model, body.Text("version")!)) : body.Text("detail");

        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.Accepted, HttpStatusCode.UnprocessableEntity });
        Assert.False(string.IsNullOrWhiteSpace(reason));
        Assert.DoesNotContain("inspect-", reason);
        Assert.Equal(HttpStatusCode.OK, (await _plane.Client.GetAsync("/healthz/ready")).StatusCode);
    }

    private static string? RejectionOf(System.Text.Json.JsonElement version)
    {
        Assert.Equal("Rejected", version.Text("status"));
        var failed = version.GetProperty("checks").EnumerateArray().Single(check => check.Text("outcome") == "failed");
        Assert.False(string.IsNullOrWhiteSpace(failed.Text("remedy")));
        return version.Text("rejectedReason");
    }

    private static TheoryData<string> FilesOf(params string[] folders) =>
        new(folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Shared, "models", folder)).Order().Select(path => $"{folder}/{Path.GetFileName(path)}")));

    private async Task<string> ModelForAsync(string file)
    {
        var name = new string([.. file.ToLowerInvariant().Select(character => char.IsAsciiLetterOrDigit(character) ? character : '-')]);
        await _plane.CreateModelAsync(name);
        return name;
    }

    private Task<HttpResponseMessage> UploadAsync(string model, string file) =>
        _plane.UploadAsync(model, File.ReadAllBytes(Path.Combine(Repository.Shared, "models", file)), file.EndsWith(".zip", StringComparison.Ordinal) ? "application/zip" : "application/octet-stream");
}
