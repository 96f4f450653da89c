using Serving.Node.Versions;

namespace Serving.Node.Log;

/// <summary>A request whose arm is known. The caller holds the arm's release.</summary>
/// <param name="Unit">The caller's assignment key; null: none was given, the request id took its place.</param>
/// <param name="Began">Timestamp of the time provider when the request was received.</param>
internal sealed record RoutedRequest(ServedEndpoint Endpoint, ServedArm Arm, string RequestId, string? Unit, Protocol Protocol, long Began);

internal enum Protocol
{
    Native,
    OpenInference,
}
