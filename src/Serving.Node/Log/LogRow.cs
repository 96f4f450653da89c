using System.Text.Json.Serialization;

namespace Serving.Node.Log;

/// <summary>One row of the prediction log: one row of one request. Times in microseconds.</summary>
internal sealed record LogRow
{
    public required string RequestId { get; init; }
    public required DateTimeOffset At { get; init; }
    public int Row { get; init; }
    public required string Endpoint { get; init; }
    public required string Release { get; init; }
    public required string Model { get; init; }
    public required string Version { get; init; }
    public required string Arm { get; init; }

    /// <summary>Hash of the assignment key, 32 hex digits; null: the caller gave none.</summary>
    public string? Unit { get; init; }
    public required string Protocol { get; init; }
    public int Status { get; init; }
    public string? Error { get; init; }

    /// <summary>The watched number of the row; null where nothing is watched or it is not finite.</summary>
    public double? Prediction { get; init; }
    public double? Confidence { get; init; }
    public long QueueUs { get; init; }
    public long ModelUs { get; init; }
    public long TotalUs { get; init; }
    public double SampleRate { get; init; } = 1;

    /// <summary>Columns <c>i.TENSOR</c>, <c>o.OUTPUT</c> and <c>e.ENTITY</c>.</summary>
    public IReadOnlyList<LogValue> Values { get; init; } = [];
}

/// <summary>One typed cell: exactly one of the three is set. Several elements are a JSON array as text, which DuckDB casts to a list.</summary>
internal sealed record LogValue(string Column, double? Number = null, long? Integer = null, string? Text = null);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(LogRow))]
internal sealed partial class LogJson : JsonSerializerContext;
