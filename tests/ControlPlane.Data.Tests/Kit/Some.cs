using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using ControlPlane.Domain.Rollouts;
using Serving.Contracts.Models;

namespace ControlPlane.Data.Tests.Kit;

/// <summary>Ready-made things, each valid.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);
    public static readonly Actor Person = new("a@example.com", ActorKind.Person);

    public static Model Model(string name = "fraud") => Value(Domain.Registry.Model.Create(name, null, null, Person, Noon));

    public static Endpoint Endpoint(string name = "fraud") => Value(Domain.Releases.Endpoint.Create(TestDatabase.Production, new EndpointSettings(name), "a", Noon));

    public static Release Release(int version = 1)
    {
        var manifest = new ArtifactManifest([new ArtifactFile("model.onnx", 10, version.ToString("x64"))]);
        var uploaded = ModelVersion.Uploaded(Model(), version, manifest, "model.onnx", [], new VersionNotes(), "a", Noon);
        uploaded.Validated(new InspectReport { Checks = [new ModelCheck(ModelChecks.Loads, ModelCheck.Passed, "Loaded.")] }, Noon);
        return Value(Domain.Releases.Release.Of(uploaded, null, "a", Noon));
    }

    /// <summary>A rollout that was submitted and started.</summary>
    public static Rollout Started(int number, Endpoint endpoint, string release, RolloutPlan plan)
    {
        var rollout = Rollout.Create(number, endpoint, release, plan, "a", Noon);
        foreach (var action in new[] { RolloutAction.Submit, RolloutAction.Start })
            rollout.Move(Value(RolloutMachine.Next(plan, rollout.State, new RolloutEvent.Asked(action, "", Noon))), "a", Noon);
        return rollout;
    }

    public static T Value<T>(Outcome<T> outcome) =>
        outcome.TryGet(out var value, out var refusal) ? value : throw new InvalidOperationException(refusal.Message);

    public static Refusal Refusal<T>(Outcome<T> outcome) =>
        outcome.TryGet(out _, out var refusal) ? throw new InvalidOperationException("It was not refused.") : refusal;
}
