using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using OpcPortal.Models;
using OpcPortal.Ua.Security;

namespace OpcPortal.Host;

/// <summary>
/// A folder for each entity, in the layout of <see cref="TrustListStore"/>: the certificate and key of its application, its trust in the server, and <c>party.json</c>, by which
/// <c>opcportal agreement</c> knows who signs. The keys are nowhere else; a real party makes its own and hands in the certificate alone.
/// </summary>
internal sealed class DemoCertificates
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(730);

    // What is about to end is made anew at the start: no demonstration stops in the middle of a day.
    private static readonly TimeSpan Renewal = TimeSpan.FromDays(7);

    private readonly string _root;
    private readonly TimeProvider _time;

    private DemoCertificates(string root, TimeProvider time)
    {
        _root = root;
        _time = time;
    }

    /// <summary>The folder of an entity: what <c>opcportal --pki</c> takes.</summary>
    public string FolderOf(string entity) => Path.Combine(_root, entity);

    /// <summary>Makes what is missing or about to end, and lets server and applications trust each other.</summary>
    /// <param name="folder">Of the demonstration.</param>
    /// <param name="server">The server's own certificate.</param>
    /// <param name="trust">Whom the server trusts.</param>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static DemoCertificates Make(string folder, X509Certificate2 server, TrustListStore trust, TimeProvider time)
    {
        var certificates = new DemoCertificates(Path.Combine(folder, "entities"), time);
        var missing = DemoEntities.All.Where(entity => certificates.IsMissing(entity.Id)).ToList();
        if (missing.Count > 0) certificates.Issue(missing, trust);
        foreach (var entity in DemoEntities.All) certificates.Introduce(entity.Id, server);
        return certificates;
    }

    /// <summary>The certificate of an entity's application, with its key.</summary>
    public ApplicationCertificate Load(string entity) => new TrustListStore(FolderOf(entity), _time).LoadOwn() ?? throw new StartupException($"{FolderOf(entity)} holds no certificate: delete the folder to have one made.");

    private void Introduce(string entity, X509Certificate2 server)
    {
        new TrustListStore(FolderOf(entity), _time).Trust(server);
        File.WriteAllText(Path.Combine(FolderOf(entity), "party.json"), JsonSerializer.Serialize(new { party = entity, signer = DemoEntities.ApplicationOf(entity) }));
    }

    private bool IsMissing(string entity)
    {
        using var own = new TrustListStore(FolderOf(entity), _time).LoadOwn();
        return own is null || own.Certificate.NotAfter.ToUniversalTime() <= _time.GetUtcNow().UtcDateTime + Renewal;
    }

    // An authority for this once: its key is never written, so nobody can issue more.
    private void Issue(List<Entity> entities, TrustListStore trust)
    {
        var factory = new CertificateFactory(_time);
        using var authority = factory.CreateAuthority(new CertificateSubject { Name = "OpcPortal demonstration authority, not for production", Lifetime = Lifetime });
        trust.Trust(authority);
        trust.AddRevocationList(factory.CreateRevocationList(authority, [], 1, Lifetime));
        Parallel.ForEach(entities, entity => IssueOne(factory, authority, entity));
    }

    private void IssueOne(CertificateFactory factory, X509Certificate2 authority, Entity entity)
    {
        var own = Path.Combine(FolderOf(entity.Id), "own");
        if (Directory.Exists(own)) Directory.Delete(own, recursive: true);
        using var certificate = factory.Issue(
            new CertificateSubject { Name = entity.Name.Replace(',', ' '), Organization = "OpcPortal demonstration", ApplicationUri = DemoEntities.ApplicationUriOf(entity.Id), Hosts = ["localhost"], Lifetime = Lifetime }, authority);
        new TrustListStore(FolderOf(entity.Id), _time).SaveOwn(certificate).Dispose();
    }
}
