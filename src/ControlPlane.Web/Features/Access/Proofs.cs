using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;

namespace ControlPlane.Web.Features.Access;

/// <summary>What asks for a recent proof of who one is.</summary>
internal static class Proofs
{
    public const string ProofRequired = "ProofRequired";

    /// <returns>Null: the proof is recent.</returns>
    public static Refusal? WhyNot(Actor actor, DateTimeOffset at) => actor.IsRecent(at)
        ? null
        : new Refusal(ProofRequired, "This needs a proof that it is you, not older than 15 minutes. Nothing was changed. Confirm it in the browser, then repeat.", RefusalKind.Forbidden);

    /// <summary>Where one proves it and comes back from.</summary>
    public static string Page(string returnUrl) => $"/account/confirm?returnUrl={Uri.EscapeDataString(returnUrl)}";
}
