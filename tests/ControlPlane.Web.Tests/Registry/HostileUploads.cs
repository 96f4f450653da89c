using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using ControlPlane.Web.Tests.Kit;
using Testing;
using Testing.Models;

namespace ControlPlane.Web.Tests.Registry;

/// <summary>Files that were made to harm whoever takes them in.</summary>
public sealed class HostileUploads(HostileUploads.Limited limited) : IClassFixture<HostileUploads.Limited>
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);
    private static int _models;

    private readonly ControlPlaneProcess _plane = limited.Plane;
    private readonly string _model = $"h{Interlocked.Increment(ref _models)}";

    public static TheoryData<string, byte[]> NoOnnx => new()
    {
        { "a pickle", [0x80, 0x04, 0x95, 0x0b, 0x00, .. "cos\nsystem\n"u8] },
        { "a checkpoint", [.. "PK\x03\x04"u8, .. new byte[100]] },
        { "an ELF file", [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, .. new byte[60]] },
        { "a page", "<!DOCTYPE html><html><script>alert(1)</script></html>"u8.ToArray() },
        { "nothing", [] },
        { "two bytes", [8, 8] },
        { "half a model", TinyModel.Add(1)[..40] },
        { "a model and an archive", [.. TinyModel.Add(1), .. Zip(("model.onnx", TinyModel.Add(1)))] },
    };

    public static TheoryData<string, string> BadArchives => new()
    {
        { "symlink", "UnsafeEntry" },
        { "device", "UnsafeEntry" },
        { "encrypted", "UnsafeEntry" },
        { "duplicate", "DuplicateEntry" },
        { "other case", "DuplicateEntry" },
        { "10 001 entries", "TooManyEntries" },
        { "trailing", "TrailingData" },
        { "before", "ArchiveBroken" },
        { "other local name", "NamesDiffer" },
        { "overlapping", "ZipBomb|NamesDiffer" },
        { "bomb", "ZipBomb" },
    };

    [Theory, MemberData(nameof(NoOnnx))]
    public async Task H47_What_is_no_model_is_refused_whatever_its_name_and_nothing_is_kept(string what, byte[] file)
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, file, query: "?fileName=model.onnx");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(await answer.CodeAsync(), what switch { "nothing" => ["Empty"], "a checkpoint" => ["ArchiveBroken", "TrailingData"], _ => new[] { "NotOnnx" } });
        await NothingKeptAsync();
    }

    [Theory, MemberData(nameof(BadArchives))]
    public async Task H45_H46_Archives_that_say_two_things_or_hold_more_than_files_are_refused_and_nothing_is_kept(string what, string codes)
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, Archive(what), "application/zip");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(await answer.CodeAsync(), codes.Split('|'));
        await NothingKeptAsync();
        Assert.Equal(1, await RejectedAsync());
    }

    [Theory]
    [InlineData("bundle_zip_bomb.zip", "ZipBomb"), InlineData("bundle_zip_slip.zip", "UnsafeEntryName")]
    public async Task H44_H46_Known_bombs_and_slips_are_refused(string file, string code)
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, await File.ReadAllBytesAsync(Path.Combine(Repository.Shared, "models", "bad", file)), "application/zip");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, code), (answer.StatusCode, await answer.CodeAsync()));
        await NothingKeptAsync();
    }

    [Theory]
    [InlineData("Content-Length: 50000000000"), InlineData("Transfer-Encoding: chunked")]
    public async Task H42_More_than_is_allowed_is_413_as_soon_as_it_is_seen_with_a_length_and_without(string header)
    {
        await _plane.CreateModelAsync(_model);
        using var client = await AskAsync(header);
        var stream = client.GetStream();

        using var over = new CancellationTokenSource();
        var flood = RepeatAsync(stream, [.. "100000\r\n"u8, .. new byte[1 << 20], .. "\r\n"u8], TimeSpan.Zero, over.Token);
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var first = await reader.ReadLineAsync().WaitAsync(_longest);
        await over.CancelAsync();
        client.Close();
        var sent = await flood;

        Assert.Equal("HTTP/1.1 413 Payload Too Large", first);
        Assert.InRange(sent, 0, 8 * Limited.MostBytes);
        await NothingKeptAsync();
        Assert.Equal(1, await RejectedAsync());
    }

    [Fact]
    public async Task H42_A_body_that_drips_is_given_up_and_nothing_is_kept()
    {
        await _plane.CreateModelAsync(_model);
        using var client = await AskAsync("Content-Length: 1000000");
        var stream = client.GetStream();

        using var over = new CancellationTokenSource();
        var drip = RepeatAsync(stream, [8], TimeSpan.FromSeconds(1), over.Token);
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var first = await reader.ReadLineAsync().WaitAsync(_longest);
        await over.CancelAsync();
        await drip;

        Assert.Equal("HTTP/1.1 408 Request Timeout", first);
        await NothingKeptAsync();
    }

    [Fact]
    public async Task H43_Unfinished_uploads_of_one_person_are_few()
    {
        await _plane.CreateModelAsync(_model);
        var answers = new List<HttpResponseMessage>();
        for (var number = 0; number <= Limited.MostOpen; number++)
            answers.Add(await _plane.Client.PostAsJsonAsync($"/api/v1/models/{_model}/uploads", new { name = "m.onnx", size = 100 }));

        foreach (var opened in answers.Where(answer => answer.StatusCode == HttpStatusCode.Created))
            await _plane.Client.DeleteAsync(opened.Headers.Location);
        var again = await _plane.Client.PostAsJsonAsync($"/api/v1/models/{_model}/uploads", new { name = "m.onnx", size = 100 });

        Assert.Equal((HttpStatusCode.TooManyRequests, "TooManyUploads"), (answers[^1].StatusCode, await answers[^1].CodeAsync()));
        Assert.All(answers.SkipLast(1), answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        await _plane.Client.DeleteAsync(again.Headers.Location);
    }

    [Fact]
    public async Task H43_Uploads_that_are_received_at_the_same_time_are_few()
    {
        await _plane.CreateModelAsync(_model);
        using var gate = new SemaphoreSlim(0);
        var held = Enumerable.Range(0, Limited.MostParallel).Select(_ => PostAsync(new Held(gate))).ToList();
        HttpResponseMessage late;
        try
        {
            await Eventually.TrueAsync(() => Parts().Length == Limited.MostParallel, _longest, "as many are received as may be");
            late = await _plane.UploadAsync(_model, TinyModel.Add(1));
        }
        finally
        {
            gate.Release(1_000);
            await Task.WhenAll(held);
        }

        var after = await Eventually.GetAsync(() => _plane.UploadAsync(_model, TinyModel.Add(2)), answer => answer.StatusCode == HttpStatusCode.Accepted, _longest, "uploads are taken again");

        Assert.Equal(HttpStatusCode.TooManyRequests, late.StatusCode);
        Assert.Equal("TooManyUploads", await late.CodeAsync());
        Assert.NotNull(late.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.Accepted, after.StatusCode);
    }

    [Fact]
    public async Task H43_A_store_without_room_is_507_and_nothing_is_kept()
    {
        await using var full = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?> { ["Artifacts__MinFreeBytes"] = $"{1L << 40}" });
        await full.CreateModelAsync("m");

        var direct = await full.UploadAsync("m", TinyModel.Add(1));
        var opened = await full.Client.PostAsJsonAsync("/api/v1/models/m/uploads", new { name = "m.onnx", size = 100 });

        Assert.Equal((HttpStatusCode.InsufficientStorage, "StorageFull"), (direct.StatusCode, await direct.CodeAsync()));
        Assert.Equal((HttpStatusCode.InsufficientStorage, "StorageFull"), (opened.StatusCode, await opened.CodeAsync()));
        Assert.Empty(Directory.GetFiles(Path.Combine(full.Data, "artifacts"), "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("../secret", "0", "4"), InlineData("/etc/passwd", "0", "4"), InlineData("http://127.0.0.1/w", "0", "4"), InlineData("w.bin", "6", "4"), InlineData("w.bin", "-1", "4")]
    public async Task H48_Weights_elsewhere_or_beyond_their_file_are_refused_before_any_runtime_sees_them(string location, string offset, string length)
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, Zip(("model.onnx", TinyModel.Outside((location, offset, length))), ("w.bin", new byte[8])), "application/zip");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "ExternalData"), (answer.StatusCode, await answer.CodeAsync()));
        await NothingKeptAsync();
    }

    [Fact]
    public async Task H48_Weights_that_came_too_are_taken()
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, Zip(("model.onnx", TinyModel.Outside(("w.bin", "4", "4"))), ("w.bin", new byte[8])), "application/zip");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("Ready", (await _plane.ValidatedAsync(_model, "1")).Text("status"));
    }

    [Theory]
    [InlineData("com.microsoft.extensions"), InlineData("ai.onnx.contrib")]
    public async Task H50_A_custom_operator_is_refused_by_name(string domain)
    {
        await _plane.CreateModelAsync(_model);

        var answer = await _plane.UploadAsync(_model, TinyModel.OfDomain(domain, "PyOp"));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "OperatorNotAllowed"), (answer.StatusCode, await answer.CodeAsync()));
        Assert.Contains(domain, (await answer.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sourceUrl", "http://169.254.169.254/latest"), InlineData("artifactPath", "/etc/passwd"), InlineData("source", "file:///etc/passwd"), InlineData("uri", "s3://bucket/key")]
    public async Task H55_Nothing_is_fetched_from_elsewhere_for_anybody(string member, string value)
    {
        await _plane.CreateModelAsync(_model);
        var upload = new Dictionary<string, object> { ["name"] = "m.onnx", ["size"] = 100, [member] = value };
        var model = new Dictionary<string, object> { ["name"] = $"{_model}-2", [member] = value };

        var opened = await _plane.Client.PostAsJsonAsync($"/api/v1/models/{_model}/uploads", upload);
        var made = await _plane.Client.PostAsJsonAsync("/api/v1/models", model);

        Assert.Equal(HttpStatusCode.BadRequest, opened.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, made.StatusCode);
    }

    [Fact]
    public async Task H53_A_number_that_was_given_is_never_given_again_with_other_bytes()
    {
        await _plane.CreateModelAsync(_model);
        await _plane.UploadAsync(_model, TinyModel.Add(5), query: "?version=1");

        var other = await _plane.UploadAsync(_model, TinyModel.Add(6), query: "?version=1");
        var opened = await _plane.Client.PostAsJsonAsync($"/api/v1/models/{_model}/uploads", new { name = "m.onnx", size = 10, version = 1 });
        var kept = await _plane.Client.GetByteArrayAsync($"/api/v1/models/{_model}/versions/1/download");

        Assert.Equal((HttpStatusCode.Conflict, "VersionExists"), (other.StatusCode, await other.CodeAsync()));
        Assert.Equal((HttpStatusCode.Conflict, "VersionExists"), (opened.StatusCode, await opened.CodeAsync()));
        Assert.Equal(TinyModel.Add(5), kept);
    }

    private static byte[] Archive(string what)
    {
        var model = TinyModel.Add(1);
        var good = Zip(("model.onnx", model), ("card.md", "# Card"u8.ToArray()));
        switch (what)
        {
            case "symlink":
                return Zip(archive => archive.CreateEntry("model.onnx").ExternalAttributes = 0xA1FF << 16);
            case "device":
                return Zip(archive => archive.CreateEntry("model.onnx").ExternalAttributes = 0x6180 << 16);
            case "encrypted":
                // Bit 0 of the general purpose flags, in both headers.
                good[6] |= 1;
                good[At(good, 0x02014b50) + 8] |= 1;
                return good;
            case "duplicate":
                return Zip(("model.onnx", model), ("model.onnx", model));
            case "other case":
                return Zip(("model.onnx", model), ("MODEL.ONNX", model));
            case "10 001 entries":
                return Zip(archive => Enumerable.Range(0, 10_001).ToList().ForEach(number => archive.CreateEntry($"f{number}")));
            case "trailing":
                return [.. good, .. "<script>"u8];
            case "before":
                return [.. "PK\x03\x04"u8, .. new byte[26], .. good];
            case "other local name":
                good[30] = (byte)'n';
                return good;
            case "overlapping":
                // Both entries of the directory point at the first file.
                var second = At(good, 0x02014b50, skip: 1);
                good.AsSpan(second + 42, 4).Clear();
                return good;
            default:
                return Zip(("model.onnx", new byte[64 << 20]));
        }
    }

    private static int At(byte[] bytes, uint mark, int skip = 0)
    {
        for (var at = 0; ; at++)
        {
            if (BitConverter.ToUInt32(bytes, at) == mark && skip-- == 0)
                return at;
        }
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] files) => Zip(archive =>
    {
        foreach (var (name, bytes) in files)
        {
            using var entry = archive.CreateEntry(name).Open();
            entry.Write(bytes);
        }
    });

    private static byte[] Zip(Action<ZipArchive> fill)
    {
        using var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            fill(zip);
        return memory.ToArray();
    }

    /// <summary>Begins an upload and sends nothing of its body.</summary>
    private async Task<TcpClient> AskAsync(string header)
    {
        var url = new Uri(_plane.Url);
        var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/v1/models/{_model}/versions HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {ControlPlaneProcess.Token}\r\nContent-Type: application/octet-stream\r\n{header}\r\n\r\n"));
        return client;
    }

    /// <returns>Bytes that were sent before the server closed the connection or the test was over.</returns>
    private static async Task<long> RepeatAsync(NetworkStream stream, byte[] bytes, TimeSpan pause, CancellationToken over)
    {
        long sent = 0;
        try
        {
            while (!over.IsCancellationRequested)
            {
                await stream.WriteAsync(bytes, over);
                sent += bytes.Length;
                await Task.Delay(pause, over);
            }
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // What this is about.
        }

        return sent;
    }

    private async Task<HttpResponseMessage> PostAsync(Stream body)
    {
        using var content = new StreamContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await _plane.Client.PostAsync($"/api/v1/models/{_model}/versions", content);
    }

    /// <summary>Files of uploads that have not ended.</summary>
    private string[] Parts() => Directory.GetFiles(Path.Combine(_plane.Data, "artifacts", "parts"));

    private async Task NothingKeptAsync()
    {
        var versions = await (await _plane.Client.GetAsync($"/api/v1/models/{_model}/versions")).JsonAsync();
        Assert.Empty(versions.GetProperty("items").EnumerateArray());
        await Eventually.TrueAsync(() => Parts().Length == 0, _longest, "no part of it is kept");
    }

    private async Task<long> RejectedAsync()
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"DataSource={Path.Combine(_plane.Data, "controlplane.db")};Mode=ReadOnly");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM AuditEntries WHERE Action = 'upload.rejected' AND Outcome = 'rejected' AND Target = $model";
        command.Parameters.AddWithValue("$model", $"model/{_model}");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public sealed class Limited : IAsyncLifetime
    {
        public const long MostBytes = 96 << 20;
        public const int MostOpen = 5;
        public const int MostParallel = 3;

        public ControlPlaneProcess Plane { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Plane = await ControlPlaneProcess.StartAsync(new Dictionary<string, string?>
        {
            ["Artifacts__MaxUploadBytes"] = $"{MostBytes}", ["Artifacts__MaxOpenUploads"] = $"{MostOpen}", ["Artifacts__MaxParallelUploads"] = $"{MostParallel}",
        });

        public ValueTask DisposeAsync() => Plane.DisposeAsync();
    }

    /// <summary>Begins, gives nothing more before it is told to, and then ends.</summary>
    private sealed class Held(SemaphoreSlim gate) : Given
    {
        private bool _began;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // Enough for the request to be sent at all.
            if (!_began)
            {
                _began = true;
                buffer.Span.Clear();
                return buffer.Length;
            }

            await gate.WaitAsync(cancellationToken);
            return 0;
        }
    }

    private abstract class Given : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
