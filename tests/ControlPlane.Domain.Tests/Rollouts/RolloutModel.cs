using ControlPlane.Domain.Rollouts;

namespace ControlPlane.Domain.Tests.Rollouts;

/// <summary>What a rollout does, said a second time: one variable for each thing there is to know, one line for each thing that may happen.</summary>
internal sealed class RolloutModel(RolloutPlan plan)
{
    private string _phase = "Draft", _cause = "";
    private int _attempt = 1, _step = -1, _weight, _mirror, _pending;
    private long _held;
    private long? _heldBefore = 0;
    private bool _inForce, _holdOver, _awaitsNodes;
    private DateTimeOffset _backSince;

    public long Looks { get; private set; }

    public long HeldAtLook { get; private set; }

    private int Last => plan.Steps.Count - 1;

    private bool UnderWay => _phase is "Progressing" or "Paused" or "Inconclusive" or "RollingBack" || _phase == "AwaitingApproval" && _step >= 0;

    public override string ToString() => $"{_phase} {_attempt} {_step} {_weight} {_mirror}";

    /// <returns>Whether it is taken, not refused.</returns>
    public bool Take(int happening, DateTimeOffset at) => (happening, _phase) switch
    {
        (0, "Draft") => To(plan.NeedsApproval ? "AwaitingApproval" : "Ready"),
        (1, "AwaitingApproval") => _step >= 0 ? Enter(_pending) : To("Ready"),
        (2, "AwaitingApproval") => To(_step >= 0 ? "Paused" : "Draft"),
        (3, "Ready") => Enter(0),
        (4, "Progressing") => To("Paused"),
        (5, "Paused") => To("Progressing"),
        (5, "Inconclusive") => To("Progressing") && Set(() => (_heldBefore, _awaitsNodes) = (null, false)),
        (6, "Progressing" or "Paused" or "Inconclusive") or (12, "Progressing" or "Paused") => _step < Last && Toward(_step + 1),
        (7, "Progressing" or "Paused") => plan.Steps[Last].Weight == 10_000 && _step < Last && Toward(Last),
        (8, "Draft" or "Ready") or (8, "AwaitingApproval") when _step < 0 => To("Aborted"),
        (8, "Progressing" or "Paused" or "Inconclusive" or "AwaitingApproval") => Back("Aborted", at),
        (9, "Aborted" or "RolledBack") => Set(Renew),
        (10, "Draft") => true,
        (10, "AwaitingApproval") => _step < 0 && To("Draft"),
        (10, "Ready") => To(plan.NeedsApproval ? "AwaitingApproval" : "Ready"),
        (11, "RollingBack") => at - _backSince >= TimeSpan.FromSeconds(60) && To(_cause),
        (14, "Completed" or "Aborted" or "RolledBack" or "Superseded") => true,
        (14, _) => To("Superseded"),
        ( >= 15, _) => Look(happening, at),
        _ => false,
    };

    private bool Look(int happening, DateTimeOffset at)
    {
        Looks++;
        var (isTaken, isSilent, refuses) = (happening is not (15 or 16 or 18), happening == 17, happening == 18);
        if (UnderWay && _inForce && happening is not (23 or 24))
            _held++;
        HeldAtLook = _held;
        return !UnderWay || happening == 23
            || (_phase == "RollingBack" ? isSilent || happening is 15 or 18 || To(_cause)
                : _inForce && (refuses || happening == 19) ? Back("RolledBack", at)
                : _inForce && happening == 20 && _phase is "Progressing" or "AwaitingApproval" && _inForce && happening == 20 ? To("Paused")
                : _phase == "Inconclusive" ? !_awaitsNodes || isSilent || happening == 16 || To("Progressing") && Set(() => _awaitsNodes = false)
                : _phase != "Progressing" || (refuses ? To("Paused") : Progress(happening, plan.Steps[_step], isTaken, isSilent)));
    }

    private bool Progress(int happening, RolloutStep step, bool isTaken, bool isSilent)
    {
        var needed = (long)step.Hold.TotalSeconds / 10;
        if (!_inForce)
            return !isTaken || (needed == 0 ? Leave(isSilent) : Set(() => _inForce = true));
        if (happening == 24)
            return true;
        if (happening == 21)
            return To("Inconclusive");
        if (_heldBefore is not { } before)
            return Set(() => _heldBefore = _held);
        if (!_holdOver && _held - before < needed)
            return true;
        if (happening != 22)
            return !isTaken || Leave(isSilent);
        var isOver = _held - before >= (_holdOver ? Math.Max(needed, 30) : needed);
        _holdOver = true;
        return !isOver || To("Inconclusive");
    }

    private bool Leave(bool isSilent)
    {
        if (isSilent && plan.WaitsForSilentNodes)
            return To("Inconclusive") && Set(() => _awaitsNodes = true);
        if (_step < Last)
            return Toward(_step + 1);
        if (plan.Steps[Last].Weight != 10_000)
            (_weight, _mirror) = (0, 0);
        return To("Completed");
    }

    private bool Toward(int step) =>
        plan.Steps.Where((_, index) => index > _step && index <= step).Any(passed => passed.NeedsApproval) ? To("AwaitingApproval") && Set(() => _pending = step) : Enter(step);

    private bool Enter(int step)
    {
        (_step, _weight, _mirror, _held, _heldBefore) = (step, plan.Steps[step].Weight, plan.Steps[step].Mirror, 0, 0);
        (_inForce, _holdOver, _awaitsNodes) = (false, false, false);
        return To("Progressing");
    }

    private bool Back(string cause, DateTimeOffset at)
    {
        (_weight, _mirror, _cause, _backSince, _inForce, _awaitsNodes) = (0, 0, cause, at, false, false);
        return To("RollingBack");
    }

    private void Renew() =>
        (_phase, _attempt, _step, _weight, _mirror, _held, _heldBefore, _inForce, _holdOver, _awaitsNodes) = ("Draft", _attempt + 1, -1, 0, 0, 0, 0, false, false, false);

    private bool To(string phase) => Set(() => _phase = phase);

    private static bool Set(Action change)
    {
        change();
        return true;
    }
}
