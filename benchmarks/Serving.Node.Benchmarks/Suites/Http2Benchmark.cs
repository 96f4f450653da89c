using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Serving.Node.Benchmarks.Load;
using Serving.Node.Benchmarks.Measure;
using Serving.Node.Benchmarks.Report;
using Serving.Node.Benchmarks.Servers;
using Serving.Node.Protocols.OpenInference.Wire;

namespace Serving.Node.Benchmarks.Suites;

/// <summary>Many requests on few HTTP/2 connections, JSON and gRPC, against an empty HTTP/2 endpoint.</summary>
internal static class Http2Benchmark
{
    public const string Name = "http2";

    private static readonly string[] _rpc = ["content-type: application/grpc", "te: trailers"];

    public static async Task<Section> RunAsync(Settings settings)
    {
        await using var node = await NodeServer.StartAsync();
        await using var empty = await PeerServer.EmptyAsync();
        var folder = Directory.CreateTempSubdirectory("http2-").FullName;
        var (nodeUrl, emptyUrl) = ($"http://127.0.0.1:{node.Http2Port}", $"http://127.0.0.1:{empty.Port + 1}/");
        var json = Write(folder, "native.json", Encoding.UTF8.GetBytes(ServedModels.NativeBody));
        var (scored, bare) = (Write(folder, "scored.bin", Frame(ServedModels.Scored)), Write(folder, "bare.bin", Frame(ServedModels.Bare)));
        var method = $"{nodeUrl}/inference.GRPCInferenceService/ModelInfer";
        await CheckAsync(method, scored);
        await CheckAsync(method, bare);

        Contender[] contenders =
        [
            new("the empty endpoint", new H2Load(emptyUrl, json, []), empty.Pid),
            new("`/predict`, 5 % canary, log", new H2Load($"{nodeUrl}/predict/{ServedModels.Scored}", json, []), node.Pid),
            new("`/predict`, one arm, no log", new H2Load($"{nodeUrl}/predict/{ServedModels.Bare}", json, []), node.Pid),
            new("gRPC, 5 % canary, log", new H2Load(method, scored, _rpc), node.Pid),
            new("gRPC, one arm, no log", new H2Load(method, bare, _rpc), node.Pid),
        ];
        await settings.InterleaveAsync(contenders);
        Directory.Delete(folder, recursive: true);
        return new Section(
            Name,
            [
                Figure.Share("HTTP/2, `/predict` against an empty HTTP/2 endpoint, everything on", contenders[1].RateAgainst(contenders[0]), 0.62),
                Figure.Share("HTTP/2, gRPC against an empty HTTP/2 endpoint, everything on", contenders[3].RateAgainst(contenders[0]), 0.50),
            ],
            RateTable.Of("HTTP/2", contenders, contenders[0])
            + string.Create(CultureInfo.InvariantCulture, $"{H2Load.Connections} connections with {H2Load.Streams} requests each, h2load as the client; {settings.Rounds} rounds.\n"));
    }

    private static byte[] Frame(string endpoint)
    {
        float[] values = [.. ServedModels.Values];
        var request = new ModelInferRequest { ModelName = endpoint };
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32", Shape = { 1, values.Length } });
        request.RawInputContents.Add(ByteString.CopyFrom([.. values.SelectMany(BitConverter.GetBytes)]));
        var message = request.ToByteArray();
        var frame = new byte[message.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static string Write(string folder, string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>h2load looks at the status alone, which gRPC sets to 200 whatever happens.</summary>
    private static async Task CheckAsync(string url, string body)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(await File.ReadAllBytesAsync(body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var answer = await client.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        if (!answer.IsSuccessStatusCode || answer.TrailingHeaders.GetValues("grpc-status").Single() != "0")
            throw new InvalidOperationException($"{url}: {answer.StatusCode} {answer.TrailingHeaders}");
    }
}
