using System.Buffers;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Serving.Node.Log;
using Serving.Node.Predict;
using Serving.Node.Respond;
using Serving.Node.Route;
using Serving.Node.Tensors;
using Serving.Node.Versions;

namespace Serving.Node.Receive;

/// <summary>The stages after receiving, the same for every protocol: route → predict → log → respond. Thread-safe.</summary>
internal sealed class Prediction(ServingTable table, PredictionLog log, TimeProvider time)
{
    private const int RowsOnStack = 32;

    /// <summary>
    /// Finds the arm that answers and holds its release; <see cref="Finish"/> gives it back.
    /// </summary>
    /// <returns>Why there is none; null when there is.</returns>
    public Failure? Route(Exchange exchange)
    {
        exchange.Unit ??= exchange.UnitInBody(exchange.Endpoint.State.AssignmentKey);
        var endpoint = exchange.Endpoint;
        while (true)
        {
            ServedArm? arm;
            if (exchange.Version is { } version)
            {
                if (!endpoint.ByVersion.TryGetValue(version, out arm))
                    return Failure.UnknownVersion(endpoint.Name, version);
            }
            else if (endpoint.Arms.Length == 0)
            {
                return Failure.NothingLoaded(endpoint.Name);
            }
            else
            {
                arm = ArmPicker.Pick(endpoint, exchange.Unit ?? exchange.RequestId);
            }

            if (arm.Release.TryAcquire())
            {
                exchange.Arm = arm;
                arm.Counters.Enter();
                return null;
            }

            // The table was swapped since it was read, and the release has gone meanwhile.
            if (!table.Current.Endpoints.TryGetValue(endpoint.Name, out var newer) || ReferenceEquals(newer, endpoint))
                return Failure.UnknownEndpoint(endpoint.Name);
            endpoint = exchange.Endpoint = newer;
        }
    }

    /// <summary>Reads, runs, logs and writes the answer of a routed exchange. What goes wrong is logged and returned, not thrown.</summary>
    /// <param name="into">Holds the whole answer when there is no failure.</param>
    public async ValueTask<(Failure? Failure, string ContentType)> AnswerAsync(Exchange exchange, ResponseBuffer into, CancellationToken aborted)
    {
        var release = exchange.Arm.Release;
        var call = exchange.Call = release.Model.Rent();
        Failure failure;
        try
        {
            exchange.Read();
            exchange.Rows = call.Rows;
            exchange.Ran = time.GetTimestamp();
            await release.Runner.RunAsync(call, Deadline(exchange));
            exchange.Done = time.GetTimestamp();
            var contentType = exchange.Write(into);
            Record(exchange);
            return (null, contentType);
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
            failure = Failure.Deadline(exchange.Endpoint.State.Limits.DeadlineMs);
        }
        catch (OnnxRuntimeException refused) when (refused.Message.StartsWith("[ErrorCode:InvalidArgument]", StringComparison.Ordinal))
        {
            failure = new Failure(StatusCodes.Status400BadRequest, "InvalidInput", $"The model does not take these inputs: {refused.Message}", "inputs");
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or NotSupportedException or OutOfMemoryException)
        {
            failure = Failure.Model(failed.Message);
        }
        finally
        {
            exchange.Call = null!;
            release.Model.Return(call);
        }

        log.Failed(exchange, failure.Status, failure.Code);
        into.Clear();
        return (failure, exchange.WriteFailure(into, failure));
    }

    /// <summary>Counts the answer and gives the release back.</summary>
    public void Finish(Exchange exchange, int status)
    {
        var arm = exchange.Arm;
        arm.Counters.Answered(status, time.GetElapsedTime(exchange.Began), exchange.Rows, exchange.Unit is null && exchange.Endpoint.State.AssignmentKey is not null);
        arm.Counters.Leave();
        arm.Release.Release();
    }

    /// <summary>Counts and logs the numbers of an answer, while its tensors are there.</summary>
    private void Record(Exchange exchange)
    {
        var rows = exchange.Rows;
        var rented = rows > RowsOnStack ? ArrayPool<double>.Shared.Rent(2 * rows) : null;
        var numbers = rented is null ? stackalloc double[2 * RowsOnStack] : rented;
        var prediction = numbers[..rows];
        var confidence = numbers.Slice(rows, rows);
        exchange.Arm.Watched.Read(exchange.Call.Outputs, prediction, confidence);
        exchange.Arm.Counters.Predicted(prediction);
        log.Answered(exchange, prediction, confidence);
        if (rented is not null)
            ArrayPool<double>.Shared.Return(rented);
    }

    private long Deadline(Exchange exchange)
    {
        var most = exchange.Endpoint.State.Limits.DeadlineMs * 1000L;
        var given = exchange.TimeoutUs is > 0 and var wanted && wanted < most ? wanted : most;
        return exchange.Began + given * time.TimestampFrequency / 1_000_000;
    }
}
