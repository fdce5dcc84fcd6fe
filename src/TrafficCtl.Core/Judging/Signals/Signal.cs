using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>One comparison of the family: its evidence of harm, what must be shown of it, and its words.</summary>
/// <param name="name">As findings and files name it.</param>
/// <param name="isCritical">It can roll back, and must be shown to be no worse; otherwise it can only hold.</param>
/// <param name="weight">v: its share of the combined evidence of its group (critical or advisory), 0..1.</param>
internal abstract class Signal(string name, bool isCritical, double weight)
{
    public string Name => name;

    public bool IsCritical => isCritical;

    public double Weight => weight;

    /// <summary>Its share where only the frozen past is left to compare with; 0 when it has no such process.</summary>
    public virtual double PastWeight => 0;

    /// <summary>ln of the e-value of "worse than the tolerance".</summary>
    public abstract double HarmLogE { get; }

    /// <summary>The same against the frozen past.</summary>
    public virtual double PastLogE => 0;

    /// <summary>ln of the most that stable's own instances ever earned under the same test; at least 0.</summary>
    public virtual double PlaceboLogE => 0;

    /// <summary>It has margins, so a critical one must be shown to be no worse.</summary>
    public virtual bool HasMargins => false;

    /// <summary>Its failures are users' errors, so a rollback for it wants several users that fail.</summary>
    public virtual bool CountsUsers => false;

    /// <summary>
    /// ln of the e-value of "no worse than the margin"; <paramref name="margin"/> indexes <see cref="Margins.Multipliers"/>.
    /// </summary>
    public virtual double ShownLogE(int margin) => double.PositiveInfinity;

    /// <summary>
    /// Expected seconds until that reaches <paramref name="bound"/>, if the candidate is as good as stable; infinity when that is not
    /// known.
    /// </summary>
    public virtual double SecondsToShow(Evidence evidence, int margin, double bound) => 0;

    /// <summary>What is seen now is worse than the margin: then it is unknown when it is shown.</summary>
    public virtual bool IsBeyond(Evidence evidence, int margin) => false;

    /// <summary>Stable's own instances differ among themselves by so much that the candidate may be one more of them.</summary>
    public virtual bool IsNoise => false;

    /// <summary>Absorbs a tick before the candidate has traffic.</summary>
    public virtual void Learn(in Tick tick)
    {
    }

    /// <summary>Absorbs a tick of both arms.</summary>
    public abstract void Observe(in Tick tick, Baseline past, in Look look);

    /// <summary>Absorbs a tick of the candidate alone.</summary>
    public virtual void ObservePast(in Tick tick, Baseline past, in Look look)
    {
    }

    public abstract Finding Find(Evidence evidence, int margin);

    /// <summary>Against the frozen past; null when it has nothing to say there.</summary>
    public virtual Finding? FindPast(Evidence evidence) => null;

    public abstract void Save(StateWriter to);

    public abstract void Load(ref StateReader from);
}
