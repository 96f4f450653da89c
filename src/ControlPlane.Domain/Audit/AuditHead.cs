namespace ControlPlane.Domain.Audit;

/// <summary>How far the chain goes and what it ends with. Kept elsewhere, such as in a log, it shows when the end was cut off.</summary>
public sealed record AuditHead(long Number, string Seal)
{
    public static AuditHead None { get; } = new(0, AuditChain.Start);

    /// <returns>Null where this is not <c>number:seal</c>.</returns>
    public static AuditHead? Of(string? text) =>
        text?.Split(':') is [var number, { Length: 64 } seal] && long.TryParse(number, out var parsed) && parsed > 0 && seal.All(char.IsAsciiHexDigitLower) ? new(parsed, seal) : null;

    public override string ToString() => $"{Number}:{Seal}";
}

/// <summary>What a check of the whole chain found.</summary>
/// <param name="Head">As far as the chain holds.</param>
/// <param name="BadRow">Id of the first row that is not as it was sealed; null where the chain itself is broken, or nothing is.</param>
/// <param name="Problem">What is wrong with it; null: nothing.</param>
/// <param name="Unsealed">Rows so new that they are not in the chain yet.</param>
public sealed record AuditVerdict(AuditHead Head, long? BadRow, string? Problem, long Unsealed)
{
    public bool IsIntact => Problem is null;
}
