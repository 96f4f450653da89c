namespace ControlPlane.Web.Features.Requests;

/// <summary>One logged prediction, all its rows.</summary>
/// <param name="UserKey">Hash of the assignment key, or the key where it may be shown.</param>
public sealed record RequestView(
    string RequestId,
    DateTimeOffset At,
    string Environment,
    string Endpoint,
    string Model,
    string Version,
    string Release,
    string Arm,
    string? ServedFrom,
    int Status,
    string? Error,
    string? Node,
    string? Protocol,
    string? UserKey,
    double? TotalMs,
    IReadOnlyList<PhaseRow> Phases,
    IReadOnlyList<FeatureRow> Features,
    IReadOnlyList<OutputRow> Outputs,
    int Rows);

/// <param name="StartMs">After the request arrived.</param>
public sealed record PhaseRow(string Name, double StartMs, double Ms, bool IsModel);

/// <param name="Source">input, request, online or default.</param>
public sealed record FeatureRow(int Row, string Name, string Value, string Source, double? AgeMs);

public sealed record OutputRow(int Row, string Name, string Value);
