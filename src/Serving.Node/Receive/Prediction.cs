using System.Buffers;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Serving.Node.Log;
using Serving.Node.Metrics;
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
    public async ValueTask<(Failure? Failure, string ContentType)> AnswerAsync(Exchange exchange, ResponseBuffer into)
    {
        var release = exchange.Arm.Release;
        var call = exchange.Call = release.Model.Rent();
        Failure failure;
        var isAway = false;
        try
        {
            exchange.Read();
            exchange.Rows = call.Rows;
            exchange.Asked = time.GetTimestamp();
            var cache = exchange.Arm.Cache;
            exchange.Hit = cache?.Answer(call);
            if (exchange.Hit is null)
            {
                await release.Runner.RunAsync(call, Deadline(exchange), exchange.Priority == 1, exchange);
                (exchange.Ran, exchange.Done) = (call.Started, call.Ended);
                cache?.Keep(call);
            }
            else
            {
                exchange.Ran = exchange.Done = time.GetTimestamp();
            }

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
            failure = Failure.Deadline(TimeSpan.FromMicroseconds(Given(exchange)));
        }
        catch (UnavailableException away)
        {
            failure = Failure.Unavailable(away.Message, away.WasRunning);
            isAway = true;
        }
        catch (TooLateException)
        {
            failure = Failure.Deadline(TimeSpan.FromMicroseconds(Given(exchange)));
            await exchange.AnsweredInPlace!;
        }
        catch (OverloadException overload)
        {
            failure = Failure.WouldWait(exchange.Endpoint.Name, overload.Wait);
        }
        catch (OperationCanceledException)
        {
            failure = Failure.CallerGone;
        }
        catch (Exception refused) when (refused is OnnxRuntimeException or RunFailedException && refused.Message.StartsWith("[ErrorCode:InvalidArgument]", StringComparison.Ordinal))
        {
            failure = new Failure(StatusCodes.Status400BadRequest, "InvalidInput", $"The model does not take these inputs: {refused.Message}", "inputs");
        }
        catch (Exception failed) when (failed is OnnxRuntimeException or RunFailedException or NotSupportedException or OutOfMemoryException)
        {
            failure = Failure.Model(failed.Message);
        }
        finally
        {
            exchange.Call = null!;
            release.Model.Return(call);
        }

        if (isAway && TurnToStable(exchange, failure.Status))
            return await AnswerAsync(exchange, into);
        log.Failed(exchange, failure.Status, failure.Code);
        into.Clear();
        return (failure, exchange.WriteFailure(into, failure));
    }

    /// <summary>Counts the answer and gives the release back.</summary>
    public void Finish(Exchange exchange, int status)
    {
        var arm = exchange.Arm;
        var ended = time.GetTimestamp();
        // What failed before its run has no phases that could be compared.
        var phases = exchange.Done == 0 ? default : new Phases(exchange.Asked - exchange.Began, exchange.Ran - exchange.Asked, exchange.Done - exchange.Ran, ended - exchange.Done);
        if (exchange.AnsweredInPlace is null)
            arm.Counters.Answered(status, time.GetElapsedTime(exchange.Began, ended), phases, exchange.Rows, exchange.Unit is null && exchange.Endpoint.State.AssignmentKey is not null, exchange.Hit is not null);
        if (exchange.Hit is { } hit)
            arm.Cache!.Given(hit);
        RequestSpans.Write(exchange, status, ended, time);
        arm.Counters.Leave();
        arm.Release.Release();
    }

    /// <summary>A candidate that is away is answered for by the stable arm; the failure is the candidate's own.</summary>
    /// <returns>False: there is no other arm, or the caller asked for this version.</returns>
    private bool TurnToStable(Exchange exchange, int status)
    {
        var candidate = exchange.Arm;
        if (exchange.Version is not null || exchange.Endpoint.Arms is not [_, .., var stable] || ReferenceEquals(stable.Release, candidate.Release) || !stable.Release.TryAcquire())
            return false;
        candidate.Counters.Answered(status, time.GetElapsedTime(exchange.Began), default, exchange.Rows, unassigned: false);
        candidate.Counters.Leave();
        candidate.Release.Release();
        stable.Counters.Enter();
        exchange.Arm = stable;
        if (exchange.Http is { Response.HasStarted: false } http)
            AnswerHeaders.Name(http.Response, stable);
        return true;
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

    private long Deadline(Exchange exchange) => exchange.Began + Given(exchange) * time.TimestampFrequency / 1_000_000;

    /// <summary>Microseconds, by the caller where it gives less than the endpoint.</summary>
    internal static long Given(Exchange exchange)
    {
        var most = exchange.Endpoint.State.Limits.DeadlineMs * 1000L;
        return exchange.TimeoutUs is > 0 and var wanted && wanted < most ? wanted : most;
    }
}
