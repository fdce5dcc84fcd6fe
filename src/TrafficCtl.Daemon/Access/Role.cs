namespace TrafficCtl.Daemon.Access;

/// <summary>What somebody may do, each in the services and environments that it is granted for.</summary>
public enum Role
{
    /// <summary>Reads.</summary>
    Viewer,

    /// <summary>Reads, and steers rollouts by their rules.</summary>
    Operator,

    /// <summary>Reads, stops rollouts, and lets one skip what remains of its plan.</summary>
    Approver,

    /// <summary>Everything.</summary>
    Admin,
}
