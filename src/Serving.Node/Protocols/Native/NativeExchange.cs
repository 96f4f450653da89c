using Serving.Node.Receive;
using Serving.Node.Respond;
using Serving.Node.Route;

namespace Serving.Node.Protocols.Native;

/// <summary><c>POST /predict/{endpoint}</c>.</summary>
internal sealed class NativeExchange : Exchange
{
    private bool _explains;

    public override string Protocol => "native";

    public override bool UnitInBodyFirst => true;

    public override ValueTask PrepareAsync(HttpRequest request)
    {
        _explains = request.QueryString.HasValue && request.Query["explain"] == "features";
        return ValueTask.CompletedTask;
    }

    public override string? UnitInBody(string? entity) => entity is null ? null : AssignmentKey.InNative(Body.Span, entity);

    public override void Read() => NativeRequest.Read(Body.Span, this, Endpoint.State.Limits.MaxRows);

    public override string Write(ResponseBuffer into)
    {
        NativeResponse.Write(into, this, _explains);
        return "application/json";
    }

    public override string WriteFailure(ResponseBuffer into, Failure failure) => FailureWriter.WriteProblem(into, failure, RequestId);

    public override void Recycle()
    {
        base.Recycle();
        _explains = false;
    }
}
