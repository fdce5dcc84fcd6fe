using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>One compared signal: its evidence of harm, its evidence of non-inferiority, and its finding.</summary>
/// <param name="name">Its name in findings and configuration files.</param>
/// <param name="isCritical">It can roll back, and must be shown to be no worse; otherwise it can only hold.</param>
/// <param name="weight">v: its share of the combined evidence of its group (critical or advisory), 0..1.</param>
internal abstract class Signal(string name, bool isCritical, double weight)
{
    public string Name => name;

    public bool IsCritical => isCritical;

    public double Weight => weight;

    /// <summary>Its weight where only the frozen past is left to compare with; 0 when it is not compared with the past.</summary>
    public virtual double PastWeight => 0;

    /// <summary>ln of the e-value of "worse than the tolerance".</summary>
    public abstract double HarmLogE { get; }

    /// <summary>The same against the frozen past.</summary>
    public virtual double PastLogE => 0;

    /// <summary>
    /// ln of the largest e-value that stable's own instances recently had in the same test (<see cref="AaGuard"/>); at least 0.
    /// </summary>
    public virtual double PlaceboLogE => 0;

    /// <summary>It has margins, so a critical one must be shown to be no worse.</summary>
    public virtual bool HasMargins => false;

    /// <summary>
    /// Somebody measures it: until then it is no part of the family, says nothing, and nothing waits for it. Once so, it stays so.
    /// </summary>
    public virtual bool IsTold => true;

    /// <summary>
    /// How many users fail by its count, of which a rollback requires several. No limit where it counts no users.
    /// </summary>
    /// <param name="candidate">Users of the candidate.</param>
    public virtual long FailingUsers(in UserCounts candidate) => long.MaxValue;

    /// <summary>
    /// ln of the e-value of "no worse than the margin"; <paramref name="margin"/> indexes <see cref="Margins.Multipliers"/>.
    /// </summary>
    public virtual double ShownLogE(int margin) => double.PositiveInfinity;

    /// <summary>
    /// Expected seconds until that reaches <paramref name="bound"/>, if the candidate is as good as stable; infinity when that is not
    /// known.
    /// </summary>
    public virtual double SecondsToShow(Evidence evidence, int margin, double bound) => 0;

    /// <summary>The current estimate is worse than the margin, so no forecast is possible.</summary>
    public virtual bool IsBeyond(Evidence evidence, int margin) => false;

    /// <summary>The candidate differs from stable by no more than stable's own instances differ from each other.</summary>
    public virtual bool IsNoise => false;

    /// <summary>Absorbs a tick before the candidate has traffic.</summary>
    public virtual void Learn(in Tick tick)
    {
    }

    /// <summary>Absorbs a tick of both arms.</summary>
    public abstract void Observe(in Tick tick, Baseline past, in Look look);

    /// <summary>Absorbs a tick without concurrent stable traffic: compares the candidate with the frozen past.</summary>
    public virtual void ObservePast(in Tick tick, Baseline past, in Look look)
    {
    }

    /// <summary>Null when it has nothing to say.</summary>
    public abstract Finding? Find(Evidence evidence, int margin);

    /// <summary>The finding against the frozen past; null when the signal is not compared with it.</summary>
    public virtual Finding? FindPast(Evidence evidence) => null;

    public abstract void Save(StateWriter to);

    public abstract void Load(ref StateReader from);
}
