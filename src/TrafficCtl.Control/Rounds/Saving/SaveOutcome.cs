namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>What became of a commit that was to be saved.</summary>
internal enum SaveResult
{
    /// <summary>The store was gone before its turn; nothing is in doubt.</summary>
    NotTried,

    Saved,

    /// <summary>Another writer was there first: it is decided anew from what that one left.</summary>
    Stale,

    /// <summary>The store gave no answer that tells: it may be saved.</summary>
    InDoubt,
}

/// <param name="Result">What became of it.</param>
/// <param name="Fault">Counted as a fault of the target; null when there was none, or it is the whole store's.</param>
internal readonly record struct SaveOutcome(SaveResult Result, Exception? Fault = null);
