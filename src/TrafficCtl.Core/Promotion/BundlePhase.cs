namespace TrafficCtl.Core.Promotion;

public enum BundleStage
{
    Pending,
    Approved,
    Deploying,

    /// <summary>Current, and between 100 % and Good.</summary>
    Baking,

    /// <summary>Current and Good.</summary>
    Good,
    Previous,
    Superseded,

    /// <summary>It failed or was aborted here.</summary>
    RolledBack,
    Vetoed,
}

/// <summary>Where a bundle is in an environment.</summary>
/// <param name="Step">The furthest step of a target while it is <see cref="BundleStage.Deploying"/>, from 0; else -1.</param>
public readonly record struct BundlePhase(BundleStage Stage, int Step = -1);
