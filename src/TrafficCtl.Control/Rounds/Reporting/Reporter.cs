using System.Collections.Immutable;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Viewing;

namespace TrafficCtl.Control.Rounds.Reporting;

/// <summary>Shows what a round left.</summary>
internal sealed class Reporter(Views views, StoreAccess access, TimeProvider clock)
{
    /// <summary>What all views of a round have in common.</summary>
    public RoundReport Begin() => new(views.Notices, clock.GetUtcNow(), clock.GetTimestamp());

    public void Show(ControlledTarget target, in RoundObservation observed, in RoundReport report) =>
        views.Put(ViewOf(target, observed, report));

    /// <summary>Everybody who waits sees all views of the round.</summary>
    public void Publish() => views.Publish();

    private string? RecordTrouble(Known known) => known switch
    {
        { Record: null } => known.Trouble ?? access.Trouble ?? "the store was not read yet",
        { MustLoad: true } => known.Trouble,
        _ => null,
    };

    private ServiceView ViewOf(ControlledTarget target, in RoundObservation observed, in RoundReport report)
    {
        var (state, known, decided) = (target.State, target.State.Known, target.State.Decided);
        var totals = target.Observation.Totals;
        var isActive = known.Record?.Active is not null;
        return new ServiceView(
            state.Declared.Spec, known.Record, known.Newest, isActive ? decided.Seen : null, decided.Decision, observed.Router,
            totals.StableRates, totals.CandidateRates,
            Warnings.Of(state, observed.Router, access.Trouble, [.. views.RemarksOn(target.Key), .. report.Notices]), report.At)
        {
            Notes = Notes.Of(state),
            SampledAt = target.Observation.Life.ReadAt,
            RouteTrouble = state.Routed.Trouble,
            MetricTrouble = state.Measured.Trouble,
            RecordTrouble = RecordTrouble(known),
            StateLost = known.StateLost,
            Elapsed = target.Clock.Elapsed,
            Timestamp = report.Timestamp,
        };
    }
}

/// <param name="Notices">Warnings of the whole process.</param>
/// <param name="At">The time of the round.</param>
/// <param name="Timestamp">The same by the monotonic clock.</param>
internal readonly record struct RoundReport(ImmutableArray<string> Notices, DateTimeOffset At, long Timestamp);
