namespace OpcPortal.Ua.Server;

/// <summary>
/// Knows more of users than their roles: completes what is known of one who has been recognised, or turns them away. Called when a session is activated, and again when rights change;
/// returns at once.
/// </summary>
public interface ISubjectAdmission
{
    /// <param name="context">What the channel and the token prove, with the roles by the server's mappings.</param>
    /// <returns>The context with <see cref="AccessContext.Subject"/>, and with the roles that the subject has by itself.</returns>
    /// <exception cref="ServiceException">BadUserAccessDenied: this user has no business here, or no longer.</exception>
    AccessContext Admit(AccessContext context, UserIdentity user);
}
