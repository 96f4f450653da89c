using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Serving.Node.Protocols.OpenInference.Wire;
using Serving.Node.Protocols.TensorFlow.Wire;

namespace Serving.Node.Tests.Protocols;

/// <summary>Requests of every protocol, damaged at random: whatever comes, the answer is no 500, the node lives and its memory stays where it was.</summary>
public sealed class FuzzTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    private const int Lanes = 4;
    private const long MostMemory = 700L << 20;

    private static readonly int _cases = int.Parse(Environment.GetEnvironmentVariable("FUZZ_CASES") ?? "10000", CultureInfo.InvariantCulture);
    private static readonly int _seed = int.Parse(Environment.GetEnvironmentVariable("FUZZ_SEED") ?? "17", CultureInfo.InvariantCulture);

    private static readonly byte[][] _words = [.. ((string[])
        ["{", "}", "[", "]", "[[", "\"", ",", ":", "null", "true", "NaN", "-Infinity", "1e999", "-0", "1.5", "9223372036854775808", "-1", "{\"b64\":\"", "\\ud800", "\u0000", "ä", "[]", "{}",
         "\"x\"", "\"inputs\"", "\"data\"", "\"shape\"", "\"parameters\"", "\"binary_data_size\"", "4294967295", "99999999", "\n", "a,b", "--b"]).Select(Encoding.UTF8.GetBytes)];

    private static readonly (string Path, string Type, byte[] Body, int JsonLength)[] _http =
    [
        Json("/predict/wide", """{"entities":{"user":"u1"},"context":{"query":"q"},"rows":[{"inputs":{"x":[1,2,3]}},{"inputs":{"x":[4,5,6]}}]}"""),
        Json("/predict/cached", """{"rows":[{"inputs":{"x":[1,2,3]}},{"inputs":{"x":[4,5,6]}}]}"""),
        Json("/v2/models/cached/infer", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}"""),
        Json("/predict/pair?explain=features", """{"inputs":{"a":[1],"b":2}}"""),
        Json("/v2/models/wide/infer", """{"id":"1","parameters":{"timeout":1000000,"priority":1,"entity.user":"u"},"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[[1,2,3]]}],"outputs":[{"name":"y","parameters":{"classification":2}}]}"""),
        Json("/v2/models/same-bytes/infer", """{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,2],"data":["a","\u00e4"]}]}"""),
        Binary("same-fp32", """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}""", "0000C03F000000C0"),
        Binary("same-bytes", """{"inputs":[{"name":"x","datatype":"BYTES","shape":[1,2],"parameters":{"binary_data_size":11}}]}""", "000000000300000061C3B6"),
        Binary("same-fp16", "", "003C00C0"),
        Json("/v1/models/wide:predict", """{"signature_name":"serving_default","instances":[[1,2,NaN],[4,5,6]]}"""),
        Json("/v1/models/pair/labels/stable:predict", """{"inputs":{"a":[[1]],"b":[[2]]}}"""),
        Json("/v1/models/same-bytes:predict", """{"instances":[["a",{"b64":"YQ=="}]]}"""),
        Json("/predictions/wide", """{"x":[1,2,3]}"""),
        ("/predictions/wide", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"x\":[1,2,3]}\r\n--b--\r\n"u8.ToArray(), -1),
        Json("/serving-endpoints/wide/invocations", """{"dataframe_split":{"columns":["a","b","c"],"index":[0],"data":[[1,2,3]]},"params":{}}"""),
        Json("/serving-endpoints/pair/invocations", """{"dataframe_records":[{"a":1,"b":null}]}"""),
        Json("/serving-endpoints/wide/invocations", """{"inputs":{"x":[[1,2,3]]}}"""),
        ("/serving-endpoints/wide/invocations", "text/csv", "a,b,c\n1,\"2\",3\n4,5,6\n"u8.ToArray(), -1),
    ];

    private static readonly (string Path, IMessage Message)[] _rpc =
    [
        ("/inference.GRPCInferenceService/ModelInfer", JsonParser.Default.Parse<ModelInferRequest>(
            """{"modelName":"wide","id":"1","parameters":{"timeout":{"int64Param":1000000}},"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"contents":{"fp32Contents":[1,2,3]}}],"outputs":[{"name":"y"}]}""")),
        ("/inference.GRPCInferenceService/ModelInfer", JsonParser.Default.Parse<ModelInferRequest>(
            """{"modelName":"same-bytes","inputs":[{"name":"x","datatype":"BYTES","shape":[1,2]}],"rawInputContents":["AAAAAAMAAABhw7Y="]}""")),
        ("/tensorflow.serving.PredictionService/Predict", JsonParser.Default.Parse<PredictRequest>(
            """{"modelSpec":{"name":"wide"},"inputs":{"x":{"dtype":"DT_FLOAT","tensorShape":{"dim":[{"size":"1"},{"size":"3"}]},"floatVal":[1,2,3]}},"outputFilter":["y"]}""")),
    ];

    [Fact]
    public Task H69_Damaged_HTTP_bodies_are_never_a_500() => FuzzAsync(_cases * 3 / 4, async (random, number) =>
    {
        var (path, type, body, jsonLength) = _http[random.Next(_http.Length)];
        var damaged = Damage(random, body);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(damaged) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (jsonLength >= 0)
            request.Headers.Add("Inference-Header-Content-Length", (random.Next(4) == 0 ? random.Next(-1, damaged.Length + 2) : jsonLength).ToString(CultureInfo.InvariantCulture));

        using var answer = await node.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.True((int)answer.StatusCode is < 500 or 501 or 504, $"Case {number} of seed {_seed}, {path}: {(int)answer.StatusCode} {text}\n{Convert.ToBase64String(damaged)}");
    });

    [Fact]
    public Task H69_Damaged_messages_are_never_an_internal_error() => FuzzAsync(_cases / 4, async (random, number) =>
    {
        var (path, message) = _rpc[random.Next(_rpc.Length)];
        var damaged = Damage(random, message.ToByteArray());
        var frame = new byte[damaged.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), damaged.Length);
        damaged.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, node.Http2Url + path)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");

        using var answer = await node.Client.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();

        var status = (answer.TrailingHeaders.TryGetValues("grpc-status", out var told) ? told : answer.Headers.GetValues("grpc-status")).Single();
        // What is no message at all is unknown to the framework, as it is elsewhere.
        if (CanBeRead(message, damaged))
            Assert.True(status is not ("2" or "13"), $"Case {number} of seed {_seed}, {path}: status {status}\n{Convert.ToBase64String(damaged)}");
    });

    private async Task FuzzAsync(int cases, Func<Random, int, Task> one)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, Lanes), new ParallelOptions { MaxDegreeOfParallelism = Lanes }, async (lane, _) =>
        {
            var random = new Random(_seed * Lanes + lane);
            for (var number = lane; number < cases; number += Lanes)
                await one(random, number);
        });

        using var alive = await node.PostAsync("/predict/wide", """{"inputs":{"x":[1,2,3]}}""");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.InRange(node.Memory, 1, MostMemory);
    }

    private static bool CanBeRead(IMessage kind, byte[] bytes)
    {
        try
        {
            kind.Descriptor.Parser.ParseFrom(bytes);
            return true;
        }
        catch (Exception unreadable) when (unreadable is InvalidProtocolBufferException or InvalidOperationException)
        {
            return false;
        }
    }

    private static byte[] Damage(Random random, byte[] body)
    {
        var damaged = new List<byte>(body);
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(damaged.Count + 1);
            var length = Math.Min(random.Next(1, 9), damaged.Count - at);
            switch (random.Next(6))
            {
                case 0 when at < damaged.Count:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged.RemoveRange(at, length);
                    break;
                case 2:
                    damaged.InsertRange(at, damaged.GetRange(at, length));
                    break;
                case 3:
                    damaged.InsertRange(at, _words[random.Next(_words.Length)]);
                    break;
                case 4:
                    damaged.RemoveRange(at, length);
                    damaged.InsertRange(at, _words[random.Next(_words.Length)]);
                    break;
                default:
                    if (random.Next(4) == 0)
                        damaged.RemoveRange(at, damaged.Count - at);
                    break;
            }
        }

        return [.. damaged];
    }

    private static (string Path, string Type, byte[] Body, int JsonLength) Json(string path, string body) => (path, "application/json", Encoding.UTF8.GetBytes(body), -1);

    private static (string Path, string Type, byte[] Body, int JsonLength) Binary(string endpoint, string json, string hex)
    {
        var head = Encoding.UTF8.GetBytes(json);
        return ($"/v2/models/{endpoint}/infer", "application/octet-stream", [.. head, .. Convert.FromHexString(hex)], head.Length);
    }
}
