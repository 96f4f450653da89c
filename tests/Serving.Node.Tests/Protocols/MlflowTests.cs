using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace Serving.Node.Tests.Protocols;

/// <summary>MLflow's scoring server as its tables say, against a real node.</summary>
public sealed class MlflowTests(ProtocolNode node) : IClassFixture<ProtocolNode>
{
    [Theory]
    // Tables are answered by one object a row.
    [InlineData("wide", """{"dataframe_split":{"columns":["a","b","c"],"index":[7,8],"data":[[1,2,3],[4,5,6]]}}""", """[{"y":[2,3,4]},{"y":[5,6,7]}]""")]
    [InlineData("wide", """{"dataframe_split":{"data":[[1,2,3]]},"params":{"a":1}}""", """[{"y":[2,3,4]}]""")]
    [InlineData("wide", """{"dataframe_split":{"columns":["x"],"data":[[[1,2,3]]]}}""", """[{"y":[2,3,4]}]""")]
    [InlineData("wide", """{"dataframe_records":[{"a":1,"b":2,"c":3},{"c":6,"a":4,"b":5}]}""", """[{"y":[2,3,4]},{"y":[5,6,7]}]""")]
    [InlineData("wide", """{"dataframe_records":[{"a":1,"b":2,"c":3},{"a":4,"c":6}]}""", """[{"y":[2,3,4]},{"y":[5,null,7]}]""")]
    [InlineData("wide", """{"dataframe_records":[{"a":NaN,"b":2,"c":null}]}""", """[{"y":[null,3,null]}]""")]
    [InlineData("add", """{"dataframe_records":[{"anything":1}]}""", """[{"y":[2]}]""")]
    [InlineData("pair", """{"dataframe_split":{"columns":["b","extra","a"],"data":[[2,"z",5],[1,"z",9]]}}""", """[{"s":[7],"d":[3]},{"s":[10],"d":[8]}]""")]
    [InlineData("pair", """{"dataframe_split":{"data":[[5,2]]}}""", """[{"s":[7],"d":[3]}]""")]
    // Tensors are answered by a tensor.
    [InlineData("wide", """{"instances":[[1,2,3],[4,5,6]]}""", "[[2,3,4],[5,6,7]]")]
    [InlineData("wide", """{"instances":[{"x":[1,2,3]}]}""", "[[2,3,4]]")]
    [InlineData("wide", """{"inputs":[[1,2,3]]}""", "[[2,3,4]]")]
    [InlineData("wide", """{"inputs":{"x":[[1,2,3]]}}""", "[[2,3,4]]")]
    [InlineData("wide", """{"inputs":[{"x":[1,2,3]},{"x":[0,0,0]}]}""", "[[2,3,4],[1,1,1]]")]
    [InlineData("pair", """{"inputs":{"a":[[5]],"b":[[2]]}}""", """[{"s":[7],"d":[3]}]""")]
    [InlineData("same-bytes", """{"dataframe_split":{"columns":["a","b"],"data":[["x",{"b64":"YQ=="}]]}}""", """[{"y":["x","a"]}]""")]
    public async Task All_four_JSON_forms_are_scored(string endpoint, string request, string predictions)
    {
        using var answer = await node.PostAsync($"/serving-endpoints/{endpoint}/invocations", request);

        Assert.Equal($$"""{"predictions":{{predictions}}}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal("stable", Assert.Single(answer.Headers.GetValues("X-Arm")));
    }

    [Theory]
    [InlineData("wide", "a,b,c\n1,2,3\r\n4.5,,1e3\n", """[{"y":[2,3,4]},{"y":[5.5,null,1001]}]""")]
    [InlineData("pair", "b,\"a\"\n2,5\n", """[{"s":[7],"d":[3]}]""")]
    [InlineData("same-bytes", "k,l\n\"a, \"\"b\"\"\",\n", """[{"y":["a, \u0022b\u0022",""]}]""")]
    [InlineData("same-bool", "k,l\nTrue,false\n", """[{"y":[true,false]}]""")]
    [InlineData("same-int64", "k,l\n-9223372036854775808,7\n", """[{"y":[-9223372036854775808,7]}]""")]
    public async Task CSV_is_scored(string endpoint, string csv, string predictions)
    {
        using var answer = await node.PostAsync($"/serving-endpoints/{endpoint}/invocations", csv, "text/csv");

        using var got = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        using var expected = JsonDocument.Parse($$"""{"predictions":{{predictions}}}""");
        Assert.True(JsonElement.DeepEquals(expected.RootElement, got.RootElement), got.RootElement.GetRawText());
    }

    [Fact]
    public async Task Parquet_is_scored()
    {
        var (note, a, b) = (new DataField<string>("note"), new DataField<double>("a"), new DataField<long?>("b"));
        using var table = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(note, a, b), table, cancellationToken: TestContext.Current.CancellationToken))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(note, (IReadOnlyCollection<string>)["x", "y"]);
            await group.WriteAsync<double>(a, (double[])[5, 9.5]);
            await group.WriteAsync<long>(b, (long?[])[2, null]);
        }

        using var answer = await SendAsync("pair", table.ToArray(), "application/vnd.apache.parquet");

        Assert.Equal("""{"predictions":[{"s":[7],"d":[3]},{"s":[null],"d":[null]}]}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("[]", "exactly one of")]
    [InlineData("{}", "exactly one of")]
    [InlineData("""{"params":{}}""", "exactly one of")]
    [InlineData("""{"instances":[[1,2,3]],"inputs":[[1,2,3]]}""", "exactly one of")]
    [InlineData("""{"instances":[[1,2,3]],"signature_name":"x"}""", "signature_name")]
    [InlineData("""{"instances":[[1,2,3]],"params":[1]}""", "params")]
    [InlineData("""{"instances":5}""", "list")]
    [InlineData("""{"instances":[]}""", "expected shape")]
    [InlineData("""{"inputs":"a"}""", "expected shape")]
    [InlineData("""{"dataframe_split":[]}""", "dataframe_split")]
    [InlineData("""{"dataframe_split":{"columns":["a"]}}""", "dataframe_split.data")]
    [InlineData("""{"dataframe_split":{"columns":["a"],"data":[],"extra":1}}""", "extra")]
    [InlineData("""{"dataframe_split":{"columns":["a"],"data":[]}}""", "no row")]
    [InlineData("""{"dataframe_split":{"columns":["a","b"],"data":[[1,2,3]]}}""", "Row 0 has 3 values, expected 2")]
    [InlineData("""{"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,3],7]}}""", "data[1]")]
    [InlineData("""{"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,"x"]]}}""", "FP32")]
    [InlineData("""{"dataframe_records":{}}""", "list of objects")]
    [InlineData("""{"dataframe_records":[1]}""", "dataframe_records[0]")]
    [InlineData("""{"dataframe_records":[{"a":1,"b":2}]}""", "expected shape [N,3]")]
    [InlineData("{", "not valid JSON")]
    public async Task F69_What_is_none_of_the_forms_is_400(string request, string expected)
    {
        using var answer = await node.PostAsync("/serving-endpoints/wide/invocations", request);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal("BAD_REQUEST", json.RootElement.GetProperty("error_code").GetString());
        Assert.Contains(expected, json.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pair", """{"dataframe_records":[{"a":1}]}""", "Column b")]
    [InlineData("pair", """{"inputs":[[1]]}""", "a, b")]
    [InlineData("same-int64", """{"dataframe_records":[{"a":1,"b":null}]}""", "a value is missing")]
    [InlineData("same-bytes", """{"dataframe_records":[{"a":"x","b":7}]}""", "expected a string")]
    public async Task F69_A_table_that_does_not_fit_the_model_is_400(string endpoint, string request, string expected)
    {
        using var answer = await node.PostAsync($"/serving-endpoints/{endpoint}/invocations", request);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(expected, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/csv", "", "empty")]
    [InlineData("text/csv", "a,b,c\n1,2\n", "Row 0 has 2 values, expected 3")]
    [InlineData("text/csv", "a,b,c\n", "no row")]
    [InlineData("text/csv", "a,b,c\n\"1,2,3\n", "CSV")]
    [InlineData("application/vnd.apache.parquet", "PAR1 but nothing else PAR1", "Parquet")]
    [InlineData("application/vnd.apache.parquet", "", "Parquet")]
    public async Task F69_A_broken_table_is_400(string type, string body, string expected)
    {
        using var answer = await SendAsync("wide", Encoding.UTF8.GetBytes(body), type);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(expected, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html", null)]
    [InlineData("application/json", "utf-16")]
    [InlineData(null, null)]
    public async Task Another_content_type_is_415_in_plain_text(string? type, string? charset)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentType = type is null ? null : new MediaTypeHeaderValue(type) { CharSet = charset };
        using var answer = await node.Client.PostAsync("/serving-endpoints/wide/invocations", content);

        Assert.Equal(415, (int)answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task The_plain_paths_need_to_know_the_endpoint_where_there_are_several()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invocations") { Content = new StringContent("""{"instances":[[1,2,3]]}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Endpoint", "wide");
        using var named = await node.Client.SendAsync(request);
        using var unnamed = await node.PostAsync("/invocations", """{"instances":[[1,2,3]]}""");
        using var unknown = await node.PostAsync("/serving-endpoints/none/invocations", "{}");

        Assert.Equal("""{"predictions":[[2,3,4]]}""", await named.Content.ReadAsStringAsync());
        Assert.Equal((404, 404), ((int)unnamed.StatusCode, (int)unknown.StatusCode));
        Assert.Contains("ENDPOINT_NOT_FOUND", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("X-Endpoint", await unnamed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/serving-endpoints/wide/ping", 200)]
    [InlineData("/serving-endpoints/wide/health", 200)]
    [InlineData("/serving-endpoints/none/ping", 404)]
    [InlineData("/health", 404)]
    public async Task Ping_and_health_answer_a_line_end_or_404(string path, int status)
    {
        using var answer = await node.Client.GetAsync(path);

        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 200)
            Assert.Equal(("\n", "application/json"), (await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType!.MediaType));
    }

    private Task<HttpResponseMessage> SendAsync(string endpoint, byte[] body, string type)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return node.Client.PostAsync($"/serving-endpoints/{endpoint}/invocations", content);
    }
}
