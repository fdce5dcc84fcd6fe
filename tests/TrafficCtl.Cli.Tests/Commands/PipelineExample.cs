using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Tests.Commands;

/// <summary>A pipeline whose v25 waits in front of prod for an approval, as the daemon tells of it.</summary>
internal static class PipelineExample
{
    private static readonly DateTimeOffset Now = new(2026, 1, 6, 9, 40, 0, TimeSpan.Zero);

    public static PipelineStatus Checkout()
    {
        var status = new PipelineStatus
        {
            Service = "checkout",
            At = At(0),
            Warnings = { "the process of v26 ends at start: exit code 2" },
            Versions = { Version("v26", -10), Version("v25", -90), Version("v24", -3000) },
            Stopped =
            {
                new StoppedLine
                {
                    Scope = "target",
                    Environment = "prod",
                    Target = "us",
                    Who = "ann",
                    Reason = "a power cut",
                    At = At(-20),
                },
            },
            Environments = { Test(), Staging(), Prod() },
        };
        status.Environments[0].Vetoes.Add(new GivenVeto
        {
            Version = "v26",
            Scope = "downstream",
            Automatic = true,
            Who = "promotion",
            Reason = "v26 failed in test: a target has no live endpoint",
            At = At(-8),
        });
        return status;
    }

    public static WhenResponse When() => new()
    {
        Service = "checkout",
        At = At(0),
        Versions =
        {
            new VersionForecast
            {
                Version = "v25",
                Hash = new string('a', 64),
                Environments =
                {
                    new EnvironmentForecast { Environment = "test", Phase = "previous", EnteredAt = At(-90), GoodAt = At(-80) },
                    new EnvironmentForecast { Environment = "staging", Phase = "baking", EnteredAt = At(-30) },
                    new EnvironmentForecast
                    {
                        Environment = "prod",
                        Phase = "pending",
                        Forecast = new PromotionForecast { At = At(60), If = { "approve-leads in prod" } },
                        Without = { new Counterfactual { Gate = "approve-leads", Since = At(-30) } },
                    },
                },
            },
            new VersionForecast
            {
                Version = "v24",
                Hash = new string('b', 64),
                Environments =
                {
                    new EnvironmentForecast
                    {
                        Environment = "prod",
                        Forecast = new PromotionForecast { Never = "something newer than v24 ran in prod" },
                    },
                },
            },
        },
    };

    private static PipelineEnvironment Test() => new()
    {
        Environment = "test",
        Mode = "auto",
        Desired = "v25",
        By = "settled",
        Why = "v25 is Good here, and nothing newer is approved",
        Bundles = { Bundle("v26", "vetoed"), Bundle("v25", "good") },
        Targets = { Target("test", "", "v25", "v25") },
    };

    private static PipelineEnvironment Staging() => new()
    {
        Environment = "staging",
        After = { "test" },
        Mode = "auto",
        Desired = "v25",
        By = "seat",
        Why = "v25 was let in, and nothing newer is approved",
        Bundles = { new PipelineBundle { Version = "v25", Phase = "deploying", Step = 2 }, Bundle("v24", "good") },
        Targets = { Target("staging", "", "v25", "v24", -2) },
    };

    private static PipelineEnvironment Prod() => new()
    {
        Environment = "prod",
        After = { "staging" },
        Mode = "auto",
        Desired = "v24",
        By = "settled",
        Why = "v24 is Good here, and nothing newer is approved",
        Hold = new PromotionOverlay { Version = "v24", Who = "bo", Reason = "until the sale is over", At = At(-120) },
        Bundles =
        {
            new PipelineBundle
            {
                Version = "v25",
                Phase = "pending",
                Forecast = new PromotionForecast { At = At(60), If = { "approve-leads in prod" } },
            },
            Bundle("v24", "good"),
        },
        Targets = { Target("prod", "eu", "v24", "v24"), Target("prod", "us", "v24", "v23", -185) },
        Blocks =
        {
            new PromotionBlock
            {
                Version = "v25",
                Kind = "gate",
                Subject = "approve-leads",
                Owner = "leads",
                Since = At(-30),
                Why = "approve-leads: 0 of 2 approvals by leads; approve or reject it",
                Unblock = "leads answers approve-leads",
                WithoutSince = At(-30),
            },
            new PromotionBlock
            {
                Kind = "hold",
                Subject = "v24",
                Owner = "bo",
                Since = At(-120),
                Why = "bo holds prod at v24: until the sale is over",
                Unblock = "release prod",
            },
            new PromotionBlock
            {
                Kind = "target",
                Subject = "us",
                Since = At(-185),
                Why = "prod/us is not connected",
                Unblock = "prod/us connects again",
            },
        },
    };

    private static PipelineVersion Version(string name, int minutes) => new()
    {
        Version = name,
        Hash = new string('a', 64),
        Author = "ana",
        Commit = "0123456789abcdef0123456789abcdef01234567",
        Compatibility = "reversible",
        PublishedAt = At(minutes),
    };

    private static PipelineBundle Bundle(string version, string phase) => new() { Version = version, Phase = phase };

    private static TargetStanding Target(string environment, string target, string desired, string observed, int? behind = null)
    {
        var standing = new TargetStanding
        {
            Service = "checkout",
            Environment = environment,
            Desired = desired,
            Observed = observed,
            BehindSince = behind is { } minutes ? At(minutes) : null,
            Connected = target != "us",
            Action = behind is null ? "keep" : target == "us" ? "wait" : "continue",
            Why = behind is null ? "" : target == "us" ? "its runtime does not answer" : "v25 is at step 2",
        };
        if (target.Length > 0) standing.Target = target;
        return standing;
    }

    private static Timestamp At(int minutes) => Now.AddMinutes(minutes).ToTimestamp();
}
