using System.Buffers;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Serving.Node.Log;
using Serving.Node.Metrics;
using Serving.Node.Respond;
using Serving.Node.Route;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>One request on its way through the stages: receive → route → predict → log → respond. The only place that knows them all.</summary>
internal sealed class Prediction(ServingTable table, NodeStatus status, SeriesRegistry registry, PredictionLog log, TimeProvider time)
{
    private const int RowsOnStack = 32;

    public Task NativeAsync(HttpContext http, string endpoint) => AnswerAsync(http, endpoint, null, Protocol.Native);

    public Task OpenInferenceAsync(HttpContext http, string endpoint, string? version) => AnswerAsync(http, endpoint, version, Protocol.OpenInference);

    private async Task AnswerAsync(HttpContext http, string name, string? version, Protocol protocol)
    {
        var began = time.GetTimestamp();
        var requestId = RequestIds.Of(http.Request, time);
        http.Response.Headers[RequestIds.Header] = requestId;
        // Callers that keep their connection would meet a closed one when the process ends.
        if (status.IsDraining)
            http.Response.Headers.Connection = "close";

        var snapshot = table.Current;
        if (!snapshot.Endpoints.TryGetValue(name, out var endpoint))
        {
            registry.CountUnknown();
            var failure = snapshot.Revision == 0 ? Failure.NoConfiguration() : Failure.UnknownEndpoint(name);
            await FailureWriter.WriteAsync(http.Response, failure, requestId, protocol == Protocol.OpenInference, http.RequestAborted);
            return;
        }

        var limits = endpoint.State.Limits;
        if (!endpoint.Admission.TryEnter(limits.MaxConcurrency))
        {
            RefuseFor(http.Response, endpoint);
            await FailureWriter.WriteAsync(http.Response, Failure.Overloaded(name, limits.MaxConcurrency), requestId, protocol == Protocol.OpenInference, http.RequestAborted);
            return;
        }

        try
        {
            await AdmittedAsync(http, endpoint, version, protocol, requestId, began);
        }
        finally
        {
            endpoint.Admission.Leave();
        }
    }

    /// <summary>Refused before the body was read: with one arm it is known who would have answered.</summary>
    private static void RefuseFor(HttpResponse response, ServedEndpoint endpoint)
    {
        if (endpoint.Arms.Length == 0)
            return;
        endpoint.Arms[^1].Counters.Refused();
        if (endpoint.Arms.Length == 1)
            Name(response, endpoint.Arms[0]);
    }

    private static void Name(HttpResponse response, ServedArm arm)
    {
        var headers = response.Headers;
        headers["X-Release"] = arm.Release.Id;
        headers["X-Model-Version"] = arm.Release.State.Version;
        headers["X-Arm"] = arm.Name;
    }

    private async Task AdmittedAsync(HttpContext http, ServedEndpoint endpoint, string? version, Protocol protocol, string requestId, long began)
    {
        var isOpenInference = protocol == Protocol.OpenInference;
        RequestBody body;
        try
        {
            body = await RequestBody.ReadAsync(http.Request, endpoint.State.Limits.MaxBodyBytes, http.RequestAborted);
        }
        catch (BadInputException tooLong)
        {
            if (endpoint.Arms.Length == 1)
                Name(http.Response, endpoint.Arms[0]);
            await FailureWriter.WriteAsync(http.Response, new Failure(tooLong.Status, "BodyTooLarge", tooLong.Message, tooLong.Field), requestId, isOpenInference, http.RequestAborted);
            return;
        }

        using (body)
        {
            var unit = UnitOf(http.Request, endpoint, body, protocol);
            if (RouteTo(endpoint, version, unit ?? requestId, out var unknown) is not { } arm)
            {
                await FailureWriter.WriteAsync(http.Response, unknown!, requestId, isOpenInference, http.RequestAborted);
                return;
            }

            arm.Counters.Enter();
            try
            {
                await RoutedAsync(http, new RoutedRequest(endpoint, arm, requestId, unit, protocol, began), body);
            }
            finally
            {
                arm.Counters.Leave();
                arm.Release.Release();
            }
        }
    }

    /// <returns>An arm whose release is held for the caller; null with the reason when there is none.</returns>
    private ServedArm? RouteTo(ServedEndpoint endpoint, string? version, string unit, out Failure? unknown)
    {
        while (true)
        {
            ServedArm? arm;
            if (version is not null)
            {
                arm = endpoint.ByVersion.GetValueOrDefault(version);
                unknown = arm is null ? Failure.UnknownVersion(endpoint.Name, version) : null;
            }
            else
            {
                arm = endpoint.Arms.Length == 0 ? null : ArmPicker.Pick(endpoint, unit);
                unknown = arm is null ? Failure.NothingLoaded(endpoint.Name) : null;
            }

            if (arm is null || arm.Release.TryAcquire())
                return arm;

            // The table was swapped since it was read, and the release has gone meanwhile.
            if (!table.Current.Endpoints.TryGetValue(endpoint.Name, out var newer) || ReferenceEquals(newer, endpoint))
            {
                unknown = Failure.UnknownEndpoint(endpoint.Name);
                return null;
            }

            endpoint = newer;
        }
    }

    private async Task RoutedAsync(HttpContext http, RoutedRequest request, RequestBody body)
    {
        Name(http.Response, request.Arm);
        var rows = 0;
        Failure? failure;
        try
        {
            rows = await (request.Protocol == Protocol.Native ? PredictNativeAsync(http, request, body) : PredictOpenInferenceAsync(http, request, body));
            failure = null;
        }
        catch (BadInputException bad)
        {
            failure = new Failure(bad.Status, bad.Status == StatusCodes.Status413PayloadTooLarge ? "TooManyRows" : "InvalidInput", bad.Message, bad.Field);
        }
        catch (JsonException malformed)
        {
            failure = new Failure(StatusCodes.Status400BadRequest, "MalformedJson", $"The body is not valid JSON: {malformed.Message}", "body");
        }
        catch (DeadlineException)
        {
            failure = Failure.Deadline(request.Endpoint.State.Limits.DeadlineMs);
        }
        catch (OnnxRuntimeException refused) when (refused.Message.StartsWith("[ErrorCode:InvalidArgument]", StringComparison.Ordinal))
        {
            failure = new Failure(StatusCodes.Status400BadRequest, "InvalidInput", $"The model does not take these inputs: {refused.Message}", "inputs");
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or NotSupportedException or OutOfMemoryException)
        {
            failure = Failure.Model(failed.Message);
        }

        if (failure is not null)
        {
            log.Failed(request, failure.Status, failure.Code, time);
            await FailureWriter.WriteAsync(http.Response, failure, request.RequestId, request.Protocol == Protocol.OpenInference, http.RequestAborted);
        }

        request.Arm.Counters.Answered(failure?.Status ?? StatusCodes.Status200OK, time.GetElapsedTime(request.Began), rows, request.Unit is null && request.Endpoint.State.AssignmentKey is not null);
    }

    private async Task<int> PredictNativeAsync(HttpContext http, RoutedRequest request, RequestBody body)
    {
        using var native = NativeRequest.Read(body.Span, request.Arm.Release.Model.Inputs, request.Endpoint.State.Limits.MaxRows);
        var ran = time.GetTimestamp();
        using var outputs = await request.Arm.Release.Runner.RunAsync(native.Inputs, null, Deadline(request));
        var done = time.GetTimestamp();

        var columns = OutputColumn.Of(request.Arm.Release.Model.OutputNames, outputs);
        Record(request, native.Inputs, columns, native.Entities, ran, done);
        var buffer = ResponseBuffer.Rent();
        try
        {
            NativeResponse.Write(buffer.Json, request.RequestId, request.Endpoint, request.Arm, native.Inputs, columns, http.Request.Query["explain"] == "features");
            await buffer.SendAsync(http.Response, StatusCodes.Status200OK, "application/json", http.RequestAborted);
        }
        finally
        {
            buffer.Return();
        }

        return native.Inputs.Rows;
    }

    private async Task<int> PredictOpenInferenceAsync(HttpContext http, RoutedRequest request, RequestBody body)
    {
        var model = request.Arm.Release.Model;
        using var oip = OipRequest.Read(body.Span, model.Inputs, request.Endpoint.State.Limits.MaxRows);
        CheckOutputs(oip.Outputs, model.OutputNames);
        var names = oip.Outputs ?? model.OutputNames;
        var ran = time.GetTimestamp();
        using var outputs = await request.Arm.Release.Runner.RunAsync(oip.Inputs, oip.Outputs, Deadline(request));
        var done = time.GetTimestamp();

        var columns = OutputColumn.Of(names, outputs);
        Record(request, oip.Inputs, columns, oip.Entities, ran, done);
        var buffer = ResponseBuffer.Rent();
        try
        {
            WriteOpenInference(buffer.Json, request, oip, names, outputs);
            await buffer.SendAsync(http.Response, StatusCodes.Status200OK, "application/json", http.RequestAborted);
        }
        finally
        {
            buffer.Return();
        }

        return oip.Inputs.Rows;
    }

    private static void WriteOpenInference(Utf8JsonWriter json, RoutedRequest request, OipRequest oip, IReadOnlyList<string> names, IReadOnlyCollection<OrtValue> outputs)
    {
        json.WriteStartObject();
        json.WriteString("model_name"u8, request.Endpoint.Name);
        json.WriteString("model_version"u8, request.Arm.Release.State.Version);
        if (oip.Id is not null)
            json.WriteString("id"u8, oip.Id);
        OipResponse.WriteOutputs(json, names, outputs);
        json.WriteEndObject();
    }

    private static void CheckOutputs(List<string>? wanted, IReadOnlyList<string> known)
    {
        foreach (var name in wanted ?? [])
        {
            if (!Contains(known, name))
                throw new BadInputException("outputs", $"The model has no output {name}; it has {string.Join(", ", known)}.");
        }
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (string.Equals(names[i], name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Counts and logs an answer, while its tensors are there.</summary>
    private void Record(RoutedRequest request, InputTensors inputs, OutputColumn[] outputs, Dictionary<string, string>? entities, long ran, long done)
    {
        var rows = inputs.Rows;
        var rented = rows > RowsOnStack ? ArrayPool<double>.Shared.Rent(2 * rows) : null;
        var numbers = rented is null ? stackalloc double[2 * RowsOnStack] : rented;
        var prediction = numbers[..rows];
        var confidence = numbers.Slice(rows, rows);
        request.Arm.Watched.Read(outputs, prediction, confidence);
        request.Arm.Counters.Predicted(prediction);
        log.Answered(request, inputs, outputs, entities, prediction, confidence, ran, done, time);
        if (rented is not null)
            ArrayPool<double>.Shared.Return(rented);
    }

    private static string? UnitOf(HttpRequest request, ServedEndpoint endpoint, RequestBody body, Protocol protocol)
    {
        var entity = endpoint.State.AssignmentKey;
        if (protocol == Protocol.Native && entity is not null && Unit.InNative(body.Span, entity) is { } inBody)
            return inBody;
        if (request.Headers.TryGetValue(Unit.Header, out var header) && header.ToString() is { Length: > 0 } given)
            return given;
        return protocol == Protocol.OpenInference ? Unit.InOpenInference(body.Span, entity) : null;
    }

    private long Deadline(RoutedRequest request) =>
        request.Began + request.Endpoint.State.Limits.DeadlineMs * time.TimestampFrequency / 1000;
}
