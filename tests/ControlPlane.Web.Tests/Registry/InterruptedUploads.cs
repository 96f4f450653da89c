using System.Net;
using System.Net.Http.Json;
using ControlPlane.Web.Tests.Kit;
using Testing;
using Testing.Models;

namespace ControlPlane.Web.Tests.Registry;

/// <summary>The control plane is killed in the middle; nothing half is left.</summary>
public sealed class InterruptedUploads : IDisposable
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    private readonly string _data = Directory.CreateTempSubdirectory("interrupted-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task F04_An_upload_in_pieces_survives_a_kill()
    {
        var file = TinyModel.Padded(7, 100_000);
        Uri address;
        await using (var first = await ControlPlaneProcess.StartAsync(data: _data))
        {
            await first.CreateModelAsync("m");
            address = (await first.Client.PostAsJsonAsync("/api/v1/models/m/uploads", new { name = "m.onnx", size = file.Length, version = 1 })).Headers.Location!;
            (await first.Client.PutAsync($"{address}?offset=0", new ByteArrayContent(file[..70_000]))).EnsureSuccessStatusCode();
            first.Process.Kill();
        }

        await using var second = await ControlPlaneProcess.StartAsync(data: _data);
        var head = await second.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));
        await second.Client.PutAsync($"{address}?offset=70000", new ByteArrayContent(file[70_000..]));
        var complete = await second.Client.PostAsync($"{address}/complete", null);

        Assert.Equal("70000", head.Headers.GetValues("Upload-Offset").Single());
        Assert.Equal(HttpStatusCode.Accepted, complete.StatusCode);
        Assert.Equal("Ready", (await second.ValidatedAsync("m", "1")).Text("status"));
    }

    [Theory]
    [InlineData("upload.afterPart"), InlineData("upload.afterBlobRename"), InlineData("upload.beforeVersionCommit")]
    public async Task F05_A_crash_before_the_commit_leaves_no_version_and_the_same_number_free(string place)
    {
        await using (var first = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["FAILPOINTS"] = $"{place}=crash" }, _data))
        {
            await first.CreateModelAsync("m");
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => first.UploadAsync("m", TinyModel.Add(1), query: "?version=1"));
            await first.Process.WaitForExitAsync(_longest);
        }

        await using var second = await ControlPlaneProcess.StartAsync(data: _data);
        var missing = await second.Client.GetAsync("/api/v1/models/m/versions/1");
        var again = await second.UploadAsync("m", TinyModel.Add(1), query: "?version=1");

        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Equal("Ready", (await second.ValidatedAsync("m", "1")).Text("status"));
    }

    [Fact]
    public async Task F05_What_no_version_names_is_removed_after_its_grace()
    {
        await using (var first = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["FAILPOINTS"] = "upload.afterBlobRename=crash" }, _data))
        {
            await first.CreateModelAsync("m");
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => first.UploadAsync("m", TinyModel.Add(1)));
        }

        Assert.Single(Blobs());
        await using var second = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Artifacts__Grace"] = "00:00:01", ["Artifacts__SweepInterval"] = "00:00:00.200" }, _data);

        await Eventually.TrueAsync(() => Blobs().Length == 0, _longest, "the orphan is removed");
    }

    private string[] Blobs() => Directory.GetFiles(Path.Combine(_data, "artifacts", "blobs"), "*", SearchOption.AllDirectories);
}
