namespace TrafficCtl.Core.Promotion.Environments;

/// <summary>How far an environment goes by itself.</summary>
public enum PromotionMode
{
    /// <summary>Takes the newest bundle that its gates let in.</summary>
    Auto,

    /// <summary>Asks a person once the gates are open.</summary>
    Propose,

    /// <summary>Takes only what a person orders, through the same gates.</summary>
    OnDemand,
}
