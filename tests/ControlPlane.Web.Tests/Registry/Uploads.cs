using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using ControlPlane.Web.Tests.Kit;
using Testing.Models;
using Testing.Processes;

namespace ControlPlane.Web.Tests.Registry;

public sealed class Uploads(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private static int _models;

    private readonly ControlPlaneProcess _plane = shared.Plane;
    private readonly string _model = $"m{Interlocked.Increment(ref _models)}";

    [Theory]
    [InlineData("<script>alert(1)</script>"), InlineData("../../x"), InlineData("CON/"), InlineData("a\u202Eexe"), InlineData("Big"), InlineData(".dot"), InlineData("..")]
    [InlineData("trailing "), InlineData(""), InlineData("nul\0"), InlineData("a..b")]
    public async Task H32_Names_outside_the_rule_are_refused(string name)
    {
        var answer = await _plane.Client.PostAsJsonAsync("/api/v1/models", new { name });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("InvalidName", await answer.CodeAsync());
    }

    [Fact]
    public async Task A_second_model_of_the_same_name_is_refused()
    {
        await _plane.CreateModelAsync(_model);

        var again = await _plane.Client.PostAsJsonAsync("/api/v1/models", new { name = _model });

        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal("ModelExists", await again.CodeAsync());
    }

    [Fact]
    public async Task Another_content_type_is_refused()
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, TinyModel.Add(1), "text/plain");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Equal("UnsupportedMediaType", await answer.CodeAsync());
    }

    [Fact]
    public async Task H54_Bytes_with_another_hash_than_announced_are_refused_and_not_kept()
    {
        await _plane.CreateModelAsync(_model);
        var file = TinyModel.Add(41);

        var wrong = await _plane.UploadAsync(_model, file, sha256: new string('0', 64));
        var right = await _plane.UploadAsync(_model, file, sha256: Convert.ToHexString(SHA256.HashData(file)), query: "?version=1");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Equal("DigestMismatch", await wrong.CodeAsync());
        Assert.Equal(HttpStatusCode.Accepted, right.StatusCode);
    }

    [Fact]
    public async Task H53_Of_many_uploads_of_one_number_one_wins()
    {
        await _plane.CreateModelAsync(_model);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(constant => _plane.UploadAsync(_model, TinyModel.Add(constant), query: "?version=1")));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Uploads_without_a_number_each_get_their_own()
    {
        await _plane.CreateModelAsync(_model);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(constant => _plane.UploadAsync(_model, TinyModel.Add(constant))));
        var numbers = await Task.WhenAll(answers.Select(async answer => (await answer.JsonAsync()).Text("version")));

        Assert.Equal(["1", "2", "3", "4", "5", "6"], numbers.Order());
    }

    [Fact]
    public async Task A_bundle_keeps_what_describes_the_version()
    {
        await _plane.CreateModelAsync(_model);
        var bundle = Zip(("model.onnx", TinyModel.Add(3)), ("card.md", "# Card"u8.ToArray()), ("meta.yaml", "text: weekly\nmetrics: { auc: 0.91 }\ntags: [a]\n"u8.ToArray()));

        var answer = await _plane.UploadAsync(_model, bundle, "application/zip");
        var version = await _plane.ValidatedAsync(_model, "1");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("Ready", version.Text("status"));
        Assert.Equal("# Card", version.Text("card"));
        Assert.Equal(0.91, version.GetProperty("metrics").GetProperty("auc").GetDouble());
        Assert.Equal("model.onnx", Assert.Single(version.GetProperty("files").EnumerateArray()).Text("path"));
    }

    [Theory]
    [InlineData("../x.onnx", "UnsafeEntryName"), InlineData("/abs.onnx", "UnsafeEntryName"), InlineData("..\\x.onnx", "UnsafeEntryName"), InlineData("C:x.onnx", "UnsafeEntryName")]
    [InlineData("a/../../x.onnx", "UnsafeEntryName"), InlineData("folder/x.onnx", "UnsafeEntryName"), InlineData("nested.zip", "UnexpectedFile"), InlineData("lib.so", "UnexpectedFile"), InlineData("other.txt", "UnexpectedFile"), InlineData("second.onnx", "OneModelExpected"), InlineData("MODEL.onnx", "DuplicateEntry")]
    public async Task H44_A_bundle_with_another_file_is_refused(string name, string code)
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, Zip(("model.onnx", TinyModel.Add(3)), (name, TinyModel.Add(4))), "application/zip");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(code, await answer.CodeAsync());
    }

    [Fact]
    public async Task A_wrong_golden_sample_rejects_the_version()
    {
        await _plane.CreateModelAsync(_model);
        const string Wrong = """{"request":{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]}]},"response":{"outputs":[{"name":"y","shape":[1,1],"datatype":"FP32","data":[99]}]}}""";
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(TinyModel.Add(3)), "model", "anything.onnx" },
            { new StringContent(Wrong), "golden", "g.jsonl" },
        };

        var answer = await _plane.Client.PostAsync($"/api/v1/models/{_model}/versions", form);
        var version = await _plane.ValidatedAsync(_model, "1");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("Rejected", version.Text("status"));
        Assert.Contains(version.GetProperty("checks").EnumerateArray(), check => check.Text("check") == "golden" && check.Text("outcome") == "failed");
    }

    [Fact]
    public async Task A_multipart_body_that_ends_early_is_refused()
    {
        await _plane.CreateModelAsync(_model);
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes("--b\r\nContent-Disposition: form-data; name=\"model\"; filename=\"a.onnx\"\r\n\r\nabc"));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        var answer = await _plane.Client.PostAsync($"/api/v1/models/{_model}/versions", content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task An_upload_in_pieces_goes_on_where_it_ended()
    {
        await _plane.CreateModelAsync(_model);
        var file = TinyModel.Padded(7, 100_000);
        var opened = await _plane.Client.PostAsJsonAsync($"/api/v1/models/{_model}/uploads", new { name = "C:\\x\\big.onnx", size = file.Length, sha256 = Convert.ToHexStringLower(SHA256.HashData(file)) });
        var address = opened.Headers.Location!;

        var first = await _plane.Client.PutAsync($"{address}?offset=0", new ByteArrayContent(file[..60_000]));
        var gap = await _plane.Client.PutAsync($"{address}?offset=80000", new ByteArrayContent(file[80_000..]));
        var early = await _plane.Client.PostAsync($"{address}/complete", null);
        var head = await _plane.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, address));
        var rest = await _plane.Client.PutAsync($"{address}?offset=60000", new ByteArrayContent(file[60_000..]));
        var complete = await _plane.Client.PostAsync($"{address}/complete", null);
        var again = await _plane.Client.PostAsync($"{address}/complete", null);

        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, gap.StatusCode);
        Assert.Equal("60000", gap.Headers.GetValues("Upload-Offset").Single());
        Assert.Equal("UploadIncomplete", await early.CodeAsync());
        Assert.Equal("60000", head.Headers.GetValues("Upload-Offset").Single());
        Assert.Equal(HttpStatusCode.NoContent, rest.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, complete.StatusCode);
        Assert.Equal(await complete.Content.ReadAsStringAsync(), (await again.Content.ReadAsStringAsync()).Replace("Ready", "Validating"));
        Assert.Equal("big.onnx", (await _plane.ValidatedAsync(_model, "1")).Text("fileName"));
    }

    [Fact]
    public async Task An_alias_points_at_a_ready_version_and_names_it()
    {
        await _plane.CreateModelAsync(_model);
        await _plane.UploadAsync(_model, TinyModel.Add(1));
        await _plane.ValidatedAsync(_model, "1");

        var put = await _plane.Client.PutAsJsonAsync($"/api/v1/models/{_model}/aliases/champion", new { version = "1" });
        var unknown = await _plane.Client.PutAsJsonAsync($"/api/v1/models/{_model}/aliases/champion", new { version = "2" });
        var version = await _plane.ValidatedAsync(_model, "champion");
        var deleted = await _plane.Client.DeleteAsync($"/api/v1/models/{_model}/aliases/champion");

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("1", version.Text("version"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public async Task H36_A_download_gives_the_bytes_as_a_file_to_save()
    {
        await _plane.CreateModelAsync(_model);
        var file = TinyModel.Add(9);
        await _plane.UploadAsync(_model, file);

        var answer = await _plane.Client.GetAsync($"/api/v1/models/{_model}/versions/1/download");

        Assert.Equal(file, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task A_deleted_number_is_not_given_again()
    {
        await _plane.CreateModelAsync(_model);
        await _plane.UploadAsync(_model, TinyModel.Add(9));

        var deleted = await _plane.Client.DeleteAsync($"/api/v1/models/{_model}/versions/1");
        var next = await _plane.UploadAsync(_model, TinyModel.Add(9));

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal("2", (await next.JsonAsync()).Text("version"));
    }

    [Fact]
    public async Task H42_A_gigabyte_does_not_raise_memory_by_64_MiB()
    {
        const long Size = 1L << 30;
        await _plane.CreateModelAsync(_model);
        await _plane.UploadAsync(_model, TinyModel.Padded(1, 1 << 20));
        var before = ChildProcess.ResidentBytesOf(_plane.Process.Id);
        using var content = new StreamContent(new Zeros(Size));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");

        var highest = before;
        using var watching = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            while (!watching.IsCancellationRequested)
            {
                highest = Math.Max(highest, ChildProcess.ResidentBytesOf(_plane.Process.Id));
                await Task.Delay(20);
            }
        });
        var answer = await _plane.Client.PostAsync($"/api/v1/models/{_model}/versions", content);
        await watching.CancelAsync();
        await watch;

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.InRange(highest - before, 0, 64L << 20);
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] files)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return memory.ToArray();
    }

    private sealed class Zeros(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var given = (int)Math.Min(count, _left);
            Array.Clear(buffer, offset, given);
            _left -= given;
            return given;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
