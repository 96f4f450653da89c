using Serving.Contracts.Reports;

namespace Serving.Node.Versions;

/// <summary>A release cannot be taken into memory here; this node goes on with what it has.</summary>
/// <param name="reason">One of <see cref="RejectionReasons"/>.</param>
/// <param name="quarantine">The release took a process down and is not tried again by itself.</param>
internal sealed class ReleaseRefusedException(string release, string reason, string detail, bool quarantine = false) : Exception(detail)
{
    public string Release => release;

    public string Reason => reason;

    public bool Quarantine => quarantine;
}
