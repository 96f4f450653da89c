using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ControlPlane.Web.Features.Registry;
using ControlPlane.Web.Tests.Kit;
using Testing.Models;

namespace ControlPlane.Web.Tests.Boundary;

/// <summary>Files that come in with names and descriptions of their own, and go out with ours; over the real server.</summary>
public sealed class FileTests(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private readonly ControlPlaneProcess _plane = shared.Plane;

    public static TheoryData<string, string> Names => new()
    {
        { "line", "a\r\nSet-Cookie: x=1\r\n.onnx" },
        { "quote", "a\"; filename=\"evil.html.onnx" },
        { "path", "../../../etc/cron.d/evil.onnx" },
        { "windows", "C:\\Windows\\evil.onnx" },
        { "long", new string('a', 5_000) + ".onnx" },
        { "script", "<script>alert(1)<\u2215script>.onnx" },
        { "turned", "evil\u202Exnno.html" },
    };

    [Theory, MemberData(nameof(Names))]
    public async Task H37_The_name_a_file_had_is_shown_as_text_and_never_stands_in_a_header(string model, string name)
    {
        await _plane.CreateModelAsync(model);
        using var uploaded = await _plane.UploadAsync(model, TinyModel.Add(1), query: $"?fileName={Uri.EscapeDataString(name)}");
        Assert.Equal(HttpStatusCode.Accepted, uploaded.StatusCode);

        using var file = await _plane.Client.GetAsync($"/api/v1/models/{model}/versions/1/download");
        var shown = (await (await _plane.Client.GetAsync($"/api/v1/models/{model}/versions/1")).JsonAsync()).Text("fileName")!;

        AssertSaved(file, $"{model}-1.onnx");
        Assert.InRange(shown.Length, 1, 128);
        Assert.DoesNotContain(shown, char.IsControl);
        Assert.DoesNotContain('/', shown);
        Assert.DoesNotContain('\\', shown);
        Assert.False(file.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task H36_Several_files_come_as_one_that_is_saved_and_never_shown()
    {
        await _plane.CreateModelAsync("with-card");
        using var uploaded = await PostPartsAsync("with-card", ("golden", "x.html", """{"inputs":{"x":[1]},"outputs":{"y":[2]}}"""));
        Assert.True(uploaded.StatusCode == HttpStatusCode.Accepted, await uploaded.Content.ReadAsStringAsync());

        using var file = await _plane.Client.GetAsync("/api/v1/models/with-card/versions/1/download");

        AssertSaved(file, "with-card-1.zip", "application/zip");
        using var zip = new ZipArchive(await file.Content.ReadAsStreamAsync());
        Assert.All(zip.Entries, entry => Assert.True(FileNames.IsSafe(entry.FullName), entry.FullName));
        Assert.DoesNotContain(zip.Entries, entry => entry.FullName.EndsWith(".html", StringComparison.OrdinalIgnoreCase));
    }

    [Theory, InlineData("<html><script>alert(1)</script></html>"), InlineData("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")]
    public async Task H36_A_page_or_picture_is_no_model(string text)
    {
        await _plane.CreateModelAsync($"page-{text.Length}");

        using var answer = await _plane.UploadAsync($"page-{text.Length}", Encoding.UTF8.GetBytes(text));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Theory]
    [InlineData("../../x.bin"), InlineData("a\\b.bin"), InlineData("/etc/passwd"), InlineData(".bashrc"), InlineData("C:x.bin"), InlineData("a|b.bin"), InlineData("x.html\u0001")]
    public async Task H37_A_part_with_the_name_of_a_path_is_refused(string name)
    {
        using var answer = await PostPartsAsync(await ModelAsync("paths"), ("data", name, "bytes"));

        Assert.True(answer.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest, $"{answer.StatusCode}");
    }

    public static TheoryData<string, string> Meta => new()
    {
        { "type tag", "text: !System.Diagnostics.Process 'x'\n" },
        { "global type tag", "text: !!System.IO.FileInfo,System.IO 'x'\n" },
        { "same key twice", "text: a\ntext: b\n" },
        { "same key twice further in", "parameters:\n  a: '1'\n  a: '2'\n" },
        { "member nobody asked for", "__proto__: {role: admin}\n" },
        { "depth", $"text: {new string('[', 1_000)}{new string(']', 1_000)}\n" },
        { "depth that never ends", $"parameters: {new string('{', 10_000)}\n" },
        { "laughs", "source: &a [x, x, x, x, x, x, x, x]\nparent: &b [*a, *a, *a, *a, *a, *a, *a, *a]\ntags: [*b, *b, *b, *b, *b, *b, *b, *b]\n" },
        { "size", $"text: '{new string('a', 1 << 20)}'\n" },
        { "no document", "\u0001\u0002" },
    };

    [Theory, MemberData(nameof(Meta))]
    public async Task H41_A_description_with_tricks_is_refused(string trick, string yaml)
    {
        using var answer = await PostPartsAsync(await ModelAsync("described"), ("meta", "meta.yaml", yaml));

        Assert.True(answer.StatusCode == HttpStatusCode.UnprocessableEntity, $"{trick}: {answer.StatusCode}");
        Assert.Equal("DescriptionNotReadable", await answer.CodeAsync());
    }

    private static void AssertSaved(HttpResponseMessage file, string name, string type = "application/octet-stream")
    {
        Assert.Equal(HttpStatusCode.OK, file.StatusCode);
        Assert.Equal(type, file.Content.Headers.ContentType!.MediaType);
        Assert.Equal(("attachment", name), (file.Content.Headers.ContentDisposition!.DispositionType, file.Content.Headers.ContentDisposition.FileNameStar ?? file.Content.Headers.ContentDisposition.FileName));
        Assert.Equal("nosniff", Assert.Single(file.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("sandbox", Assert.Single(file.Headers.GetValues("Content-Security-Policy")));
    }

    private async Task<string> ModelAsync(string name)
    {
        using var known = await _plane.Client.GetAsync($"/api/v1/models/{name}");
        if (!known.IsSuccessStatusCode)
            await _plane.CreateModelAsync(name);
        return name;
    }

    private async Task<HttpResponseMessage> PostPartsAsync(string model, (string Part, string FileName, string Text) more)
    {
        const string boundary = "----of-this-test";
        var body = new MemoryStream();
        Write($"--{boundary}\r\nContent-Disposition: form-data; name=\"model\"; filename=\"model.onnx\"\r\n\r\n");
        body.Write(TinyModel.Add(1));
        Write($"\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"{more.Part}\"; filename=\"{more.FileName}\"\r\n\r\n{more.Text}\r\n--{boundary}--\r\n");
        var content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={boundary}") } };
        return await _plane.Client.PostAsync($"/api/v1/models/{model}/versions", content);

        void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));
    }
}
