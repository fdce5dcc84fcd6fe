using System.Buffers;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Sequential comparison of the candidate with stable, valid at every look. One per rollout and population.</summary>
public sealed class Judge
{
    /// <summary>Begins without evidence. The baseline is copied: later windows of stable do not change its frozen rates.</summary>
    public Judge(Analysis analysis, Baseline baseline) => throw new NotSupportedException("shell");

    /// <summary>Absorbs one tick of both arms, concurrent. Allocates nothing.</summary>
    public void Observe(in Tick tick) => throw new NotSupportedException("shell");

    /// <summary>Absorbs one tick where only harm may be concluded: a cohort at 100 % against stable users outside it.</summary>
    public void ObserveHarm(in Tick tick) => throw new NotSupportedException("shell");

    /// <summary>Absorbs one tick without a concurrent stable arm, against the frozen baseline (tolerance × 3 + 1 pp).</summary>
    public void ObserveHistorical(in Tick tick) => throw new NotSupportedException("shell");

    /// <summary>The verdict on moving to <paramref name="next"/>: pass means non-inferiority at its margin.</summary>
    public Judgement Decide(Weights next) => throw new NotSupportedException("shell");

    /// <summary>At most 16 KiB; restoring it continues exactly.</summary>
    public void Save(IBufferWriter<byte> to) => throw new NotSupportedException("shell");

    /// <summary>Null when the bytes are of another layout or of other tolerances: then evidence starts anew, and the caller says so.</summary>
    public static Judge? Restore(ReadOnlySpan<byte> saved, Analysis analysis) => throw new NotSupportedException("shell");
}
