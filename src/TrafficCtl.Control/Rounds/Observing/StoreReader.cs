using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>Reads what a round needs from the store. A failed read is noted in the state and repeated in a later round.</summary>
internal sealed class StoreReader(StoreAccess access, Loader loader, AbortReader aborts, Confirmations confirmations, Faults faults)
{
    /// <summary>Reads what may have changed since the last round.</summary>
    /// <returns>The observation with <see cref="RoundObservation.State"/> and <see cref="RoundObservation.IsConfirmed"/> set.</returns>
    public async ValueTask<RoundObservation> LoadAsync(ControlledTarget target, DateTimeOffset now, CancellationToken stop)
    {
        var state = target.State;
        if (state.Known is { MustLoad: false, MustAsk: false } || !access.IsOpen) return new RoundObservation(state);
        try
        {
            var (loaded, saved) = await loader.LoadAsync(target, now, stop);
            access.Works();
            return saved is null
                ? new RoundObservation(loaded)
                : new RoundObservation(confirmations.Confirm(target, loaded, saved)) { IsConfirmed = true };
        }
        catch (StoreUnavailableException fault)
        {
            return new RoundObservation(faults.Unavailable(state with { Known = state.Known with { Trouble = fault.Message } }, fault));
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return new RoundObservation(faults.Add(state, fault));
        }
    }

    /// <summary>Finds out whether the store knows the abort that the router is carrying out, if there is one.</summary>
    /// <returns>
    /// The observation with <see cref="RoundObservation.MayDecide"/> and <see cref="RoundObservation.UnrecordedAbort"/> set.
    /// </returns>
    public async ValueTask<RoundObservation> FindAbortAsync(ControlledTarget target, RoundObservation observed, CancellationToken stop)
    {
        if (observed.Router?.Abort is not { } held) return observed with { MayDecide = true };
        if (!access.IsOpen) return observed;
        try
        {
            var (state, isKnown, unrecorded) = await aborts.ReadAsync(target.Key, observed.State, held, stop);
            return observed with { State = state, MayDecide = isKnown, UnrecordedAbort = unrecorded };
        }
        catch (StoreUnavailableException fault)
        {
            return observed with { State = faults.Unavailable(observed.State, fault) };
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return observed with { State = faults.Add(observed.State, fault) };
        }
    }
}
