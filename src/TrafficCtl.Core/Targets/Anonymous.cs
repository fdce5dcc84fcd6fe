namespace TrafficCtl.Core.Targets;

/// <summary>How users without an identity are assigned while a rollout runs.</summary>
public enum Anonymous
{
    /// <summary>By a bucket that a signed cookie keeps: a user stays on an arm.</summary>
    Cookie,

    /// <summary>Each request by a bucket of its own, without a cookie: answers stay cacheable, and users go back and forth.</summary>
    Random,

    /// <summary>All to stable, without a cookie.</summary>
    None,
}
