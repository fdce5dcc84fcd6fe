using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Control.Promoting.Acting;
using TrafficCtl.Control.Promoting.Asking;
using TrafficCtl.Control.Promoting.Looping;
using TrafficCtl.Control.Promoting.Observing;
using TrafficCtl.Control.Promoting.Running;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Viewing;

namespace TrafficCtl.Control;

public static class PromotionServices
{
    /// <summary>
    /// Adds the promotion loop as a task of the leader, its views and its orders. Needs <see cref="ControlServices.AddControl"/>. The host
    /// adds <see cref="IPromotionFacts"/>, <see cref="IPublications"/>, <see cref="IPipelineServices"/>, an <see cref="IRuntimeFactory"/>
    /// for each kind of runtime, and an <see cref="IQuestionSource"/> for what is asked once.
    /// </summary>
    public static IServiceCollection AddPromotion(this IServiceCollection services) => services
        .AddSingleton<PromotionViews>()
        .AddSingleton<PromotionGateSource>()
        .AddSingleton<IGateSource>(static p => p.GetRequiredService<PromotionGateSource>())
        .AddSingleton<Pipelines>()
        .AddSingleton<OrderBox>()
        .AddSingleton<IPromotionOrders>(static p => p.GetRequiredService<OrderBox>())
        .AddSingleton<Runtimes>().AddSingleton<SlotCalls>()
        .AddSingleton<PromotionReader>().AddSingleton<TargetObserver>().AddSingleton<QuestionAnswers>().AddSingleton<PipelineObserver>()
        .AddSingleton<SlotActor>().AddSingleton<ServiceDeclarer>().AddSingleton<WishSender>().AddSingleton<PipelineActor>()
        .AddSingleton<PromotionRound>().AddSingleton<PromotionParts>()
        .AddSingleton(static p => new PromotionLoop(
            p.GetRequiredService<PromotionParts>(), p.GetRequiredService<Pipelines>(), p.GetRequiredService<OrderBox>(),
            p.GetRequiredService<PromotionViews>(), p.GetRequiredService<Views>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<PromotionLoop>>()))
        .AddSingleton(static p => new LeaderTask(p.GetRequiredService<PromotionLoop>().RunAsync));
}
