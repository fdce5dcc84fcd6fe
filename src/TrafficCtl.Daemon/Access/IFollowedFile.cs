namespace TrafficCtl.Daemon.Access;

/// <summary>Files that say who may ask, and that are read again when they change.</summary>
internal interface IFollowedFile
{
    /// <summary>Names the warning of it.</summary>
    string Source { get; }

    /// <summary>Why the files as they are now are not in force, and what to do; null when they are.</summary>
    string? Problem { get; }

    /// <summary>A sentence of a change that is in force.</summary>
    string Renewed { get; }

    /// <summary>Looks at the files. It may wait for a mount that hangs.</summary>
    /// <returns>True once per change that has settled.</returns>
    bool Poll();
}
